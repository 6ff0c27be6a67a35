import { Agent, buildConnector, Client, type Dispatcher } from 'undici'
import type { Clock } from '../system/clock.ts'
import { recordOf } from '../system/json.ts'
import { credentialHeaders, type CredentialHeaders, type Credentials } from './credentials.ts'
import { UpstreamFailed } from './upstream-failed.ts'

/** Longest JSON body that is read. */
const ANSWER_BYTES_MAX = 4 * 1024 * 1024

const CONNECT_TIMEOUT_MS = 10_000
/**
 * As many as the engine has steps under way for an account: a look that waited for a connection would use up its own time, and a
 * step that other accounts could use.
 */
const CONNECTIONS_MAX = 64
/** Time limits are the requests' own. */
const AGENT = { headersTimeout: 0, bodyTimeout: 0, connections: CONNECTIONS_MAX } as const

/** Shorter ones would take ordinary words out of an answer. */
const SECRET_CHARACTERS_MIN = 8

/** They go with what proves who we are, and are no secret: ids of jobs have the name of a project in them. */
const TOLD_HEADERS = ['x-goog-user-project']

/** An answer, read to its end. Its meaning is the adapter's business: any status is an answer. */
export type UpstreamAnswer = {
  status: number
  /** Lower-case names; several fields of one name joined by a comma and a space. */
  headers: ReadonlyMap<string, string>
  text: string
  /** The parsed body; undefined unless the content type says JSON (or nothing) and the whole body is JSON. */
  json: unknown
}

export type UpstreamBody = { bytes: Uint8Array; contentType: string }

export type UpstreamRequest = {
  method: 'GET' | 'POST' | 'PUT' | 'DELETE'
  /** Begins with a slash; appended to the base URL. */
  path: string
  headers?: Readonly<Record<string, string>>
  body?: UpstreamBody
  /** What is kept of the answer's body, for those that carry files. Default: all of it. */
  keep?: (body: AsyncIterable<Uint8Array>) => AsyncIterable<Uint8Array>
  /** From the call to the last byte of the answer. */
  timeoutMs: number
  signal: AbortSignal
}

export type SubmitRequest = UpstreamRequest & {
  body: UpstreamBody
  /** Asked once the connection stands, right before the request is written. */
  mayStillSend: () => boolean
}

/** The base URL of one account, as its operator configured it: the only URLs that do not pass the guard. */
export interface Upstream {
  /** Without a trailing slash or `/v1`. */
  readonly base: string
  /** What proves who we are: for this origin only. */
  readonly credentials: Credentials
  /** A question that may be asked again. @throws UpstreamFailed */
  readonly ask: (request: UpstreamRequest) => Promise<UpstreamAnswer>
  /**
   * The billable request: at most once, on a connection of its own, since a kept one may have died unseen.
   * @throws UpstreamFailed whose `sent` is false only when no byte of the request can have left.
   */
  readonly submit: (request: SubmitRequest) => Promise<UpstreamAnswer>
  readonly stop: () => Promise<void>
}

export type UpstreamOptions = {
  baseUrl: string
  credentials: Credentials
  clock: Clock
  /** Given by tests; else undici's own. */
  connector?: buildConnector.connector
}

/** The base URL of a provider without what callers append: a trailing slash and `/v1`. @throws TypeError */
export function baseOf(baseUrl: string): string {
  const url = URL.parse(baseUrl.trim())
  if (url === null || (url.protocol !== 'https:' && url.protocol !== 'http:')) {
    throw new TypeError(`The base URL "${baseUrl}" cannot be read: give an absolute http or https URL.`)
  }
  return url.origin + url.pathname.replace(/\/+$/, '').replace(/\/v1$/, '')
}

export function createUpstream(options: UpstreamOptions): Upstream {
  const base = baseOf(options.baseUrl)
  const { credentials, clock, connector = buildConnector({ timeout: CONNECT_TIMEOUT_MS }) } = options
  const host = new URL(base).host
  const agent = new Agent({ ...AGENT, connect: connector })

  /** Made before the connection is: when it cannot be, nothing was sent. */
  async function proofOf(
    request: UpstreamRequest,
    url: URL,
    signal: AbortSignal,
  ): Promise<CredentialHeaders> {
    const { method } = request
    const headers = headersOf(request, {})
    const body = request.body?.bytes ?? null
    try {
      return await credentialHeaders(credentials, { method, url: url.href, headers, body, signal })
    } catch (error) {
      signal.throwIfAborted()
      throw UpstreamFailed.withoutCredentials(error, host)
    }
  }

  async function exchange(
    request: UpstreamRequest,
    dispatcher: Dispatcher,
    connection: { reset: boolean; sent: () => boolean },
  ): Promise<UpstreamAnswer> {
    using deadline = startDeadline(clock, request.timeoutMs, request.signal)
    const url = new URL(base + request.path)
    try {
      deadline.signal.throwIfAborted()
      const proof = await proofOf(request, url, deadline.signal)
      const answer = await dispatcher.request({
        origin: url.origin,
        path: url.pathname + url.search,
        method: request.method,
        headers: headersOf(request, proof),
        body: request.body?.bytes ?? null,
        reset: connection.reset,
        signal: deadline.signal,
      })
      const text = withoutSecrets(await readText(request.keep?.(answer.body) ?? answer.body), proof)
      const headers = headerMap(answer.headers)
      return { status: answer.statusCode, headers, text, json: jsonOf(headers, text) }
    } catch (error) {
      if (error instanceof UpstreamFailed) throw error
      throw UpstreamFailed.from(error, { host, sent: connection.sent(), timedOut: deadline.timedOut() })
    }
  }

  return {
    base,
    credentials,
    ask: (request) => exchange(request, agent, { reset: false, sent: () => true }),
    submit: async (request) => {
      const gate = guardedConnector(connector, request)
      const client = new Client(new URL(base).origin, {
        connect: gate.connect,
        headersTimeout: 0,
        bodyTimeout: 0,
      })
      try {
        return await exchange(request, client, { reset: true, sent: gate.sent })
      } finally {
        await client.destroy()
      }
    },
    stop: async () => agent.destroy(),
  }
}

/** A connector that hands its socket over only if the request may still be written, and only once. */
function guardedConnector(
  connector: buildConnector.connector,
  request: SubmitRequest,
): { connect: buildConnector.connector; sent: () => boolean } {
  let sent = false
  const connect: buildConnector.connector = (options, callback) => {
    if (sent) return callback(new Error('The connection was lost.'), null)
    connector(options, (...[error, socket]) => {
      if (error !== null) return callback(error, null)
      if (request.signal.aborted || !request.mayStillSend()) {
        socket.destroy()
        return callback(new HeldBack(), null)
      }
      sent = true
      callback(null, socket)
    })
  }
  return { connect, sent: () => sent }
}

/** The lease was lost while the connection was made. */
class HeldBack extends Error {
  override readonly name = 'HeldBack'
  readonly code = 'HELD_BACK'
  constructor() {
    super('This process may no longer send the request.')
  }
}

type Deadline = { signal: AbortSignal; timedOut: () => boolean; [Symbol.dispose](): void }

function startDeadline(clock: Clock, timeoutMs: number, signal: AbortSignal): Deadline {
  const timer = new AbortController()
  const expired = new AbortController()
  const watch = async (): Promise<void> => {
    await clock.sleep(timeoutMs, timer.signal)
    if (!timer.signal.aborted) expired.abort()
  }
  void watch()
  return {
    signal: AbortSignal.any([signal, expired.signal]),
    timedOut: () => expired.signal.aborted,
    [Symbol.dispose]: () => timer.abort(),
  }
}

function headersOf(request: UpstreamRequest, credentials: CredentialHeaders): Record<string, string> {
  return {
    'user-agent': 'reelay',
    accept: 'application/json',
    'accept-encoding': 'identity',
    ...credentials,
    ...request.headers,
    ...(request.body === undefined ? {} : { 'content-type': request.body.contentType }),
  }
}

/**
 * An answer that repeats what proves who we are, as error messages of some gateways do, must not carry it into errors,
 * timelines and webhooks, which others read.
 */
export function withoutSecrets(text: string, credentials: CredentialHeaders): string {
  return Object.entries(credentials)
    .filter(([name]) => !TOLD_HEADERS.includes(name))
    .map(([, value]) => value.split(' ').at(-1) ?? '')
    .filter((secret) => secret.length >= SECRET_CHARACTERS_MIN)
    .reduce((cleaned, secret) => cleaned.replaceAll(secret, '[redacted]'), text)
}

async function readText(body: AsyncIterable<Uint8Array>): Promise<string> {
  const parts: Uint8Array[] = []
  let bytes = 0
  for await (const part of body) {
    bytes += part.byteLength
    if (bytes > ANSWER_BYTES_MAX) throw new RangeError(`The answer has more than ${ANSWER_BYTES_MAX} bytes.`)
    parts.push(part)
  }
  return new TextDecoder().decode(Buffer.concat(parts))
}

function headerMap(headers: Record<string, string | string[] | undefined>): Map<string, string> {
  const map = new Map<string, string>()
  for (const [name, value] of Object.entries(headers)) {
    if (value !== undefined) map.set(name.toLowerCase(), Array.isArray(value) ? value.join(', ') : value)
  }
  return map
}

const LONG_INTEGER = /\d{16}/

/** Ids of 64 bits written as numbers: JavaScript would round them, so they become text. */
function withExactIds(_name: string, value: unknown, ...[context]: readonly unknown[]): unknown {
  if (typeof value !== 'number' || !Number.isInteger(value) || Number.isSafeInteger(value)) return value
  const source = recordOf(context)['source']
  return typeof source === 'string' && /^-?\d+$/.test(source) ? source : value
}

/** A wrong path answers HTML with status 200 at some providers: the content type is looked at before the body. */
export function jsonOf(headers: ReadonlyMap<string, string>, text: string): unknown {
  const type =
    (headers.get('content-type') ?? 'application/json').split(';', 1)[0]?.trim().toLowerCase() ?? ''
  if (type !== 'application/json' && !type.endsWith('+json')) return undefined
  try {
    return LONG_INTEGER.test(text) ? JSON.parse(text, withExactIds) : JSON.parse(text)
  } catch {
    return undefined
  }
}
