import assert from 'node:assert/strict'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { createReelay, type Reelay } from '../../src/compose.ts'
import { loadConfig } from '../../src/config.ts'
import { silentLog } from '../../src/system/log.ts'
import type { TaskState } from '../../src/task/state.ts'
import { create } from '../e2e/client.ts'
import { bodyOf, CallingProvider } from './calling-provider.ts'
import { atOnce } from '../support/at-once.ts'

const TASKS = 200
const TOGETHER = 8
/** The first regular look comes this long after the submit, at the earliest: a minute less its jitter. */
const REGULAR_LOOK_MS = 51_000

/** The whole gateway on a socket of this machine, with a provider that posts to the URLs that it was given. */
class Wire {
  readonly provider: CallingProvider
  readonly #directory: string
  readonly #reelay: Reelay
  readonly url: string

  constructor(directory: string, reelay: Reelay, url: string, provider: CallingProvider) {
    this.#directory = directory
    this.#reelay = reelay
    this.url = url
    this.provider = provider
  }

  static async open(): Promise<Wire> {
    const directory = await mkdtemp(join(tmpdir(), 'reelay-callbacks-'))
    const provider = new CallingProvider(Date.now)
    const config = loadConfig({
      REELAY_DATA_DIR: directory,
      REELAY_PORT: '0',
      REELAY_LIMITS: 'off',
      // As behind a proxy: the port that is listened on is another one.
      REELAY_PUBLIC_URL: 'https://reelay.example/base',
    })
    const reelay = await createReelay(config, {
      log: silentLog,
      providers: new Map([['scripted', provider]]),
      inspector: {
        probe: async () => ({ mime: 'video/mp4', width: 320, height: 180, durationMs: 1_000, codec: 'avc' }),
        poster: async () => undefined,
      },
    })
    const { url } = await reelay.listen()
    await reelay.start()
    return new Wire(directory, reelay, url, provider)
  }

  async create(): Promise<string> {
    const target = { url: this.url, key: this.#reelay.adminKey }
    return (await create(target, { model: 'scripted/m', prompt: 'a boat' })).id
  }

  /** Resolves as soon as a commit is seen after which the task is in one of these states. */
  async untilIn(id: string, states: readonly TaskState[]): Promise<void> {
    const { store } = this.#reelay
    const { promise, resolve } = Promise.withResolvers<void>()
    const look = (): void => {
      const state = atOnce(store.loadTask(id))?.state
      if (state !== undefined && states.includes(state)) resolve()
    }
    const unsubscribe = store.onChange((changed) => {
      if (changed === id) look()
    })
    look()
    await promise
    unsubscribe()
  }

  /** What the provider says when a job is over, to where the gateway really listens. */
  async call(index: number): Promise<Response> {
    const { url, id } = this.provider.job(index)
    const { pathname } = new URL(url ?? '')
    assert.ok(pathname.startsWith('/base/hooks/scripted/'))
    const path = pathname.slice('/base'.length)
    return fetch(this.url + path, { method: 'POST', body: bodyOf({ id, hint: 'ended' }) })
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#reelay.stop()
    await rm(this.#directory, { recursive: true, force: true })
  }
}

const percentile = (sorted: readonly number[], share: number): string =>
  (sorted[Math.ceil(sorted.length * share) - 1] ?? 0).toFixed(1)

test(
  'the end that a callback announces is committed long before a look would have come',
  { timeout: 100_000 },
  async (t) => {
    await using wire = await Wire.open()
    const delaysMs: number[] = []
    for (let made = 0; made < TASKS; made += TOGETHER) {
      const ids: string[] = []
      // One after the other, so that a task and its job have the same place.
      for (let index = 0; index < TOGETHER; index += 1) {
        const id = await wire.create()
        await wire.untilIn(id, ['running'])
        ids.push(id)
      }
      await Promise.all(
        ids.map(async (id, index) => {
          wire.provider.end(made + index)
          const startedMs = performance.now()
          const seen = wire.untilIn(id, ['archiving', 'completed'])
          const response = await wire.call(made + index)
          assert.deepEqual([response.status, await response.text()], [200, 'ok'])
          await seen
          delaysMs.push(performance.now() - startedMs)
          await wire.untilIn(id, ['completed'])
        }),
      )
    }
    assert.equal(delaysMs.length, TASKS)
    const sorted = delaysMs.toSorted((a, b) => a - b)
    t.diagnostic(
      `from a callback to the committed verdict, ${TASKS} tasks, ${TOGETHER} at a time: ` +
        `p50 ${percentile(sorted, 0.5)} ms, p95 ${percentile(sorted, 0.95)} ms`,
    )
    assert.ok((sorted.at(-1) ?? Infinity) < REGULAR_LOOK_MS)
    assert.ok(wire.provider.jobs.every(({ looksAtMs }) => looksAtMs.length === 1))
  },
)
