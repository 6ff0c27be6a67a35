import type { GuardedClient, GuardedRequest, GuardedResponse } from '../../src/net/guarded-fetch.ts'
import { TransferFailed } from '../../src/net/transfer-failed.ts'
import type { Clock } from '../../src/system/clock.ts'

export type SentRequest = {
  url: string
  /** The wall clock at the time. */
  atMs: number
  headers: Readonly<Record<string, string>>
  body: string
  signal: AbortSignal | undefined
}

/** What a receiver does with a request: a status, with headers where it matters; an error; or nothing at all. */
export type Reply = number | { status: number; headers: Readonly<Record<string, string>> } | Error | 'hang'

type Script = (request: SentRequest, call: number) => Reply | Promise<Reply>

/** All addresses of the world as the guarded client would reach them, with answers that the test gives. */
export class ScriptedReceivers implements GuardedClient {
  readonly requests: SentRequest[] = []
  readonly #clock: Clock
  readonly #scripts = new Map<string, Script>()
  readonly #calls = new Map<string, number>()

  constructor(clock: Clock) {
    this.#clock = clock
  }

  /** What is at a URL's origin. Where nothing was said, everything is answered 204. */
  at(url: string, script: Script | Reply): void {
    this.#scripts.set(new URL(url).origin, typeof script === 'function' ? script : () => script)
  }

  /** What an address was sent, in order. */
  to(url: string): readonly SentRequest[] {
    const { origin } = new URL(url)
    return this.requests.filter((request) => new URL(request.url).origin === origin)
  }

  async open(request: GuardedRequest): Promise<GuardedResponse> {
    const { url, headers = {}, body = '', signal } = request
    const sent = { url, atMs: this.#clock.nowMs(), headers, body: String(body), signal }
    this.requests.push(sent)
    const { origin } = new URL(url)
    const call = (this.#calls.get(origin) ?? 0) + 1
    this.#calls.set(origin, call)
    const script = this.#scripts.get(origin)
    const reply = script === undefined ? 204 : await script(sent, call)
    if (reply instanceof Error) throw reply
    if (reply === 'hang') return this.#hang(request)
    const { status, headers: answered } = typeof reply === 'number' ? { status: reply, headers: {} } : reply
    return {
      status,
      headers: new Map(Object.entries(answered)),
      url,
      close: () => {},
      body: (async function* () {
        yield new TextEncoder().encode(`answered ${status}`)
      })(),
    }
  }

  /** Takes the request and says nothing, until the time is up or somebody gives up. */
  async #hang({ totalTimeoutMs, signal }: GuardedRequest): Promise<never> {
    await this.#clock.sleep(totalTimeoutMs, signal)
    if (signal?.aborted) throw new TransferFailed('aborted', false, 'The request was aborted.')
    throw new TransferFailed('timeout', false, `The request was not done within ${totalTimeoutMs} ms.`)
  }
}
