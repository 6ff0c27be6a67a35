import type { GuardedClient, GuardedRequest, GuardedResponse } from '../../src/net/guarded-fetch.ts'
import { TransferFailed } from '../../src/net/transfer-failed.ts'
import type { Clock } from '../../src/system/clock.ts'
import { ScriptedReceivers, type Reply } from '../webhooks/scripted-receivers.ts'
import type { Findings } from './findings.ts'

/** Endpoints of every world: one works unless a command says otherwise, one is down most of the time. */
export const ADDRESSES = { good: 'https://good.test/hook', bad: 'https://bad.test/hook' } as const
/** Where `callback_url` leads. */
export const APPLICATION = 'https://app.test/done'

export type Mood = 'works' | 'fails' | 'hangs' | 'refuses' | 'busy'

const RETRY_AFTER = { 'retry-after': '120' }
const EVENT_ID = /^evt_[a-z0-9]+_[a-z_]+$/

/** What receives our webhooks, and holds them to their promise. */
export class Receivers implements GuardedClient {
  readonly #scripted: ScriptedReceivers
  readonly #findings: Findings
  readonly #arrived: (origin: string, id: string) => void
  /** By address, task and status. */
  readonly #ids = new Map<string, string>()
  /** Which event has reached which address: `<origin> <id>`. */
  readonly reached: Set<string> = new Set()
  /** Addresses that were not always well. */
  readonly #ailing = new Set<string>()

  /** @param arrived told when an event reaches an address for the first time */
  constructor(clock: Clock, findings: Findings, arrived: (origin: string, id: string) => void) {
    this.#scripted = new ScriptedReceivers(clock)
    this.#findings = findings
    this.#arrived = arrived
  }

  is(url: string, mood: Mood): void {
    if (mood !== 'works') this.#ailing.add(new URL(url).origin)
    this.#scripted.at(url, replyOf(mood))
  }

  wasAlwaysWell(origin: string): boolean {
    return !this.#ailing.has(origin)
  }

  open(request: GuardedRequest): Promise<GuardedResponse> {
    this.#saw(request)
    return this.#scripted.open(request)
  }

  #saw({ url, headers = {}, body }: GuardedRequest): void {
    const event = JSON.parse(String(body)) as { id: string; type: string; task_id: string }
    const id = headers['webhook-id'] ?? ''
    const { origin } = new URL(url)
    const key = `${origin} ${event.task_id} ${event.type}`
    const first = this.#ids.get(key) ?? id
    this.#ids.set(key, first)
    if (!this.reached.has(`${origin} ${id}`)) this.#arrived(origin, id)
    this.reached.add(`${origin} ${id}`)
    this.#findings.check(20, id === first && id === event.id, () => `${key}: ${first}, then ${id}`)
    this.#findings.check(20, EVENT_ID.test(id), () => `${id} is no id of an event`)
  }
}

function replyOf(mood: Mood): Reply {
  switch (mood) {
    case 'works':
      return 204
    case 'fails':
      return 500
    case 'hangs':
      return 'hang'
    case 'refuses':
      return new TransferFailed('connect', true, 'ECONNREFUSED')
    case 'busy':
      return { status: 429, headers: RETRY_AFTER }
  }
}
