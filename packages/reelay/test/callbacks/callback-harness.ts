import assert from 'node:assert/strict'
import type { App } from '../../src/http/app.ts'
import { startTestApp } from '../../src/http/test-deps.ts'
import type { CallbackTarget } from '../../src/store/store.ts'
import { hashOfKey } from '../../src/system/hash-of-key.ts'
import { TestClock } from '../../src/system/test-clock.ts'
import type { Task } from '../../src/task/task.ts'
import { Harness } from '../engine/harness.ts'
import { bodyOf, CallingProvider, type Call } from './calling-provider.ts'
import { atOnce } from '../support/at-once.ts'

const ACCOUNT = 'scripted:eu'

export type CallbackHarnessOptions = { base?: string | null; traits?: Partial<CallingProvider['traits']> }

/** The engine and the HTTP layer on one store, with one provider that calls back. */
export class CallbackHarness {
  readonly harness: Harness
  readonly provider: CallingProvider
  readonly #app: App

  constructor(harness: Harness, provider: CallingProvider) {
    this.harness = harness
    this.provider = provider
    const { store, clock } = harness
    const readCallback = (account: string, callback: Parameters<CallingProvider['readCallback']>[0]) => {
      assert.equal(account, ACCOUNT)
      return provider.readCallback(callback)
    }
    this.#app = startTestApp({}, { store, clock, readCallback }).app
  }

  static async open(options: CallbackHarnessOptions = {}): Promise<CallbackHarness> {
    const { base = 'https://reelay.example' } = options
    let clock = new TestClock()
    const provider = new CallingProvider(() => clock.nowMs())
    provider.traits = { ...provider.traits, ...options.traits }
    const harness = await Harness.open({ [ACCOUNT]: provider }, { callbackBase: () => base })
    clock = harness.clock
    return new CallbackHarness(harness, provider)
  }

  get nowMs(): number {
    return this.harness.clock.nowMs()
  }

  create(patch: Partial<Task> = {}): Promise<Task> {
    return this.harness.create({ candidates: [{ account: ACCOUNT, model: 'm' }], ...patch })
  }

  /** A task whose job runs. */
  async running(): Promise<string> {
    const { id } = await this.create()
    await this.harness.until(() => this.harness.task(id).state === 'running', 'it runs')
    return id
  }

  /** What the provider says to a job's URL. It is answered with 200. */
  async call(index: number, call: Call): Promise<void> {
    const { url } = this.provider.job(index)
    assert.ok(url)
    const response = await this.#app.fetch(new Request(url, { method: 'POST', body: bodyOf(call) }))
    assert.deepEqual([response.status, await response.text()], [200, 'ok'])
  }

  /** To whom a job's URL leads. */
  target(url: string | null): CallbackTarget | undefined {
    const token = new URL(url ?? '').pathname.split('/').at(-1) ?? ''
    return atOnce(this.harness.store.findCallbackTarget(hashOfKey(token)))
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.harness[Symbol.asyncDispose]()
  }
}
