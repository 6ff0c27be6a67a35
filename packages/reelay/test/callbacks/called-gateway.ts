import assert from 'node:assert/strict'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createReelay, type Reelay } from '../../src/compose.ts'
import { loadConfig, type Environment } from '../../src/config.ts'
import type { Provider } from '../../src/providers/provider.ts'
import { silentLog } from '../../src/system/log.ts'
import type { TaskState } from '../../src/task/state.ts'
import { answer, json, startFaultServer, type FaultServer, type Reply } from '../contract/fault-server.ts'
import { ask, create } from '../e2e/client.ts'

const DAY_MS = 86_400_000
const KEYS_PATH = '/.well-known/jwks.json'
/** As behind a proxy: the port that is listened on is another one. */
const PUBLIC_URL = 'https://reelay.example/base'

/** What stands in a provider's place: it takes each job, says that it runs, and publishes keys. */
export type CalledProvider = {
  /** Its settings; the base URL is added under the name that is given. */
  settings: Environment
  baseUrlSetting: string
  model: string
  created: unknown
  running: unknown
  /** An answer where the keys are. */
  keys?: () => Reply
}

const isKeys = (path: string): boolean => path.endsWith(KEYS_PATH)

/** A whole gateway on a socket, before one provider, whose jobs nobody looks at unless a callback asks for it. */
export class CalledGateway {
  readonly #directory: string
  readonly #reelay: Reelay
  readonly #url: string
  readonly #model: string
  readonly upstream: FaultServer

  constructor(
    open: { directory: string; reelay: Reelay; url: string },
    provider: CalledProvider,
    upstream: FaultServer,
  ) {
    this.#directory = open.directory
    this.#reelay = open.reelay
    this.#url = open.url
    this.#model = provider.model
    this.upstream = upstream
  }

  static async open(provider: CalledProvider): Promise<CalledGateway> {
    const upstream = await startFaultServer((request, response) => {
      const { method, path } = request
      const reply = isKeys(path)
        ? (provider.keys?.() ?? json(404, {}))
        : json(200, method === 'POST' ? provider.created : provider.running)
      answer(reply)(request, response)
    })
    const directory = await mkdtemp(join(tmpdir(), 'reelay-called-'))
    const config = loadConfig({
      REELAY_DATA_DIR: directory,
      REELAY_PORT: '0',
      REELAY_PUBLIC_URL: PUBLIC_URL,
      [provider.baseUrlSetting]: upstream.baseUrl,
      ...provider.settings,
    })
    const reelay = await createReelay(config, {
      log: silentLog,
      wrapProvider: (_account, wrapped) => onlyWhenCalled(wrapped),
    })
    const { url } = await reelay.listen()
    await reelay.start()
    return new CalledGateway({ directory, reelay, url }, provider, upstream)
  }

  /** A task whose job runs. */
  async running(): Promise<string> {
    const target = { url: this.#url, key: this.#reelay.adminKey }
    const { id } = await create(target, { model: this.#model, prompt: 'a boat' })
    await this.#untilIn(id, 'running')
    return id
  }

  async #untilIn(id: string, wanted: TaskState): Promise<void> {
    const { store } = this.#reelay
    const { promise, resolve } = Promise.withResolvers<void>()
    const look = async (): Promise<void> => {
      if ((await store.loadTask(id))?.state === wanted) resolve()
    }
    const unsubscribe = store.onChange((changed) => {
      if (changed === id) void look()
    })
    await look()
    await promise
    unsubscribe()
  }

  /** What an operator registers for the account. */
  async accountUrl(account: string): Promise<string> {
    const target = { url: this.#url, key: this.#reelay.adminKey }
    const { json: body } = await ask(target, '/v1/providers')
    const { data } = body as { data: { account: string; callback_url: string | null }[] }
    const url = data.find((view) => view.account === account)?.callback_url
    assert.ok(typeof url === 'string' && url.startsWith(`${PUBLIC_URL}/hooks/`), String(url))
    return url
  }

  /** Posts to where the gateway really listens what was meant for `url`. It is answered with exactly 200 and ok. */
  async call(url: string, body: string, headers: Record<string, string>): Promise<void> {
    const address = this.#url + url.slice(PUBLIC_URL.length)
    const response = await fetch(address, { method: 'POST', body, headers })
    assert.deepEqual([response.status, await response.text()], [200, 'ok'])
  }

  /** Of the callbacks that were kept. */
  async verdicts(id: string): Promise<unknown[]> {
    const query = { taskId: id, limit: 100, bytesMax: 1e6, after: null }
    const page = await this.#reelay.store.listCallbacks(query)
    return page?.callbacks.map(({ verdict }) => verdict) ?? []
  }

  /** How often the job was looked at. */
  looks(): number {
    return this.upstream.seen.filter(({ method, path }) => method === 'GET' && !isKeys(path)).length
  }

  keysAsked(): number {
    return this.upstream.seen.filter(({ path }) => isKeys(path)).length
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#reelay.stop()
    await this.upstream.close()
    await rm(this.#directory, { recursive: true, force: true })
  }
}

/** Nobody checks its credentials either: every question that is seen is a look at a job. */
function onlyWhenCalled(provider: Provider): Provider {
  const timing = {
    firstPollMs: DAY_MS,
    intervalMs: DAY_MS,
    intervalMaxMs: DAY_MS,
    missingGraceMs: DAY_MS,
    deadlineMs: 7 * DAY_MS,
  }
  const quiet: Provider = { ...provider, traits: { ...provider.traits, timing } }
  delete quiet.check
  return quiet
}
