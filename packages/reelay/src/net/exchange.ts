import type { Readable } from 'node:stream'
import { Client } from 'undici'
import type { GuardedConnection } from './guarded-connection.ts'

/** Header names in lower case; several fields of one name joined by a comma and a space. */
export type ResponseHeaders = ReadonlyMap<string, string>

/** What one hop sends. */
export type Hop = {
  url: URL
  method: string
  headers: Readonly<Record<string, string>>
  body: string | Uint8Array | undefined
}

export type Answer = { status: number; headers: ResponseHeaders; body: Readable }

/** One request and its answer on a connection of its own. The answer's bytes are as sent, never inflated. */
export type Exchange = {
  answer: Promise<Answer>
  /** Closes the connection in whatever state it is. */
  destroy: () => void
}

const USER_AGENT = 'reelay'

/**
 * Belongs to the connection, not to the caller: `host` would also choose the certificate that is asked for.
 */
const RESERVED_HEADERS = new Set([
  'accept-encoding',
  'connection',
  'content-length',
  'expect',
  'host',
  'keep-alive',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
])

function requestHeaders(given: Readonly<Record<string, string>>): Record<string, string> {
  const lowered = Object.entries(given).map(([name, value]): [string, string] => [name.toLowerCase(), value])
  const kept = lowered.filter(([name]) => !RESERVED_HEADERS.has(name))
  return { 'user-agent': USER_AGENT, ...Object.fromEntries(kept), 'accept-encoding': 'identity' }
}

function responseHeaders(received: Record<string, string | string[] | undefined>): ResponseHeaders {
  const headers = new Map<string, string>()
  for (const [name, value] of Object.entries(received)) {
    if (value !== undefined) headers.set(name, Array.isArray(value) ? value.join(', ') : value)
  }
  return headers
}

/** Starts one request on `connection`. The caller bounds its time. */
export function startExchange(hop: Hop, connection: GuardedConnection): Exchange {
  // undici's own timers run on real time and miss a slow drip: the caller's limits replace them.
  const client = new Client(hop.url.origin, {
    connect: connection.connect,
    headersTimeout: 0,
    bodyTimeout: 0,
  })
  let body: Readable | undefined
  const send = async (): Promise<Answer> => {
    const answer = await client.request({
      path: hop.url.pathname + hop.url.search,
      method: hop.method,
      headers: requestHeaders(hop.headers),
      body: hop.body ?? null,
      reset: true,
    })
    body = answer.body
    // A body that fails while nobody reads it must not end the process; its reader gets the error from the
    // iterator.
    body.on('error', () => {})
    return { status: answer.statusCode, headers: responseHeaders(answer.headers), body: answer.body }
  }
  const destroy = (): void => {
    body?.destroy()
    connection.destroy()
    void client.destroy()
  }
  return { answer: send(), destroy }
}
