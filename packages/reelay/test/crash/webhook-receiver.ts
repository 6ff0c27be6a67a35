import { createHmac } from 'node:crypto'
import { once } from 'node:events'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { text } from 'node:stream/consumers'
import { z } from 'zod'

/** One request that a receiver got, as it stands in its ledger. */
export type ReceivedCall = {
  /** Which address it came to, and which event it is. */
  path: string
  eventId: string
  timestamp: number
  atMs: number
  answeredOk: boolean
  /** What the link in it answered when it was accepted; undefined for none, or when the gateway was killed meanwhile. */
  link: Promise<{ status: number; atMs: number } | undefined>
  body: EventBody
}

type EventBody = {
  id: string
  type: string
  task_id: string
  status: string
  sequence: number
  result: { video_url: string } | null
}

const eventSchema: z.ZodType<EventBody> = z.object({
  id: z.string(),
  type: z.string(),
  task_id: z.string(),
  status: z.string(),
  sequence: z.number(),
  result: z.object({ video_url: z.string() }).nullable(),
})

/** Refusals of one event in a row: the receiver then lets it through. */
const REFUSALS_MAX = 4

async function opened(link: string): Promise<{ status: number; atMs: number } | undefined> {
  const response = await fetch(link, { headers: { range: 'bytes=0-0' } }).catch(() => undefined)
  await response?.body?.cancel()
  return response === undefined ? undefined : { status: response.status, atMs: Date.now() }
}

/**
 * A receiver that refuses half of what it gets, in three ways, but no event more than four times in a row. It outlives the
 * gateway, checks every signature, and writes down everything.
 */
export class FlakyReceiver {
  readonly calls: ReceivedCall[] = []
  readonly faults: string[] = []
  readonly #secrets: Readonly<Record<string, string>>
  readonly #random: () => number
  readonly #refusals = new Map<string, number>()
  readonly #accepted = new Map<string, number>()
  #next = Promise.withResolvers<void>()
  readonly #server = createServer((request, response) => void this.#answer(request, response))

  /** @param secrets signing secret by path; a path without one is not checked */
  constructor(secrets: Readonly<Record<string, string>>, random: () => number) {
    this.#secrets = secrets
    this.#random = random
  }

  async listen(): Promise<string> {
    this.#server.listen(0, '127.0.0.1')
    await once(this.#server, 'listening')
    const address = this.#server.address()
    if (address === null || typeof address === 'string') throw new Error('not listening on a port')
    return `http://127.0.0.1:${address.port}`
  }

  /** Events that an address has accepted, by path and event id, with how often. */
  get accepted(): ReadonlyMap<string, number> {
    return this.#accepted
  }

  nextCall(): Promise<void> {
    return this.#next.promise
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const path = request.url ?? ''
    const raw = await text(request).catch(() => undefined)
    // The gateway was killed while it sent: nothing whole arrived.
    if (raw === undefined || !request.complete) return
    const parsed = eventSchema.safeParse(JSON.parse(raw))
    const eventId = String(request.headers['webhook-id'])
    if (!parsed.success || parsed.data.id !== eventId) {
      this.faults.push(`${path} ${eventId}: ${raw.slice(0, 200)}`)
      response.writeHead(500).end()
      return
    }
    this.#checkSignature(path, request, raw)
    const key = `${path} ${eventId}`
    const refusals = this.#refusals.get(key) ?? 0
    const refuses = refusals < REFUSALS_MAX && this.#random() < 0.5
    this.#refusals.set(key, refuses ? refusals + 1 : 0)
    if (!refuses) this.#accepted.set(key, (this.#accepted.get(key) ?? 0) + 1)
    const link = parsed.data.result?.video_url
    this.calls.push({
      path,
      eventId,
      timestamp: Number(request.headers['webhook-timestamp']),
      atMs: Date.now(),
      answeredOk: !refuses,
      link: refuses || link === undefined ? Promise.resolve(undefined) : opened(link),
      body: parsed.data,
    })
    this.#next.resolve()
    this.#next = Promise.withResolvers<void>()
    if (!refuses) response.writeHead(204).end()
    else this.#refuse(request, response, refusals)
  }

  #refuse(request: IncomingMessage, response: ServerResponse, refusals: number): void {
    if (refusals % 3 === 0) response.writeHead(500).end('busy')
    else if (refusals % 3 === 1) request.socket.resetAndDestroy()
    else response.writeHead(302, { location: '/elsewhere' }).end()
  }

  #checkSignature(path: string, { headers }: IncomingMessage, raw: string): void {
    const secret = this.#secrets[path]
    if (secret === undefined) return
    const key = Buffer.from(secret.slice('whsec_'.length), 'base64')
    const content = `${String(headers['webhook-id'])}.${String(headers['webhook-timestamp'])}.${raw}`
    const expected = `v1,${createHmac('sha256', key).update(content).digest('base64')}`
    if (headers['webhook-signature'] !== expected) this.faults.push(`${path}: a signature is wrong`)
  }

  async close(): Promise<void> {
    this.#server.closeAllConnections()
    this.#server.close()
    await once(this.#server, 'close')
  }
}
