import { subscribe, unsubscribe } from 'node:diagnostics_channel'
import { createServer, ServerResponse, type IncomingMessage, type Server } from 'node:http'
import { getRequestListener } from '@hono/node-server'
import { RESPONSE_ALREADY_SENT } from '@hono/node-server/utils/response'
import { systemClock, type Clock } from '../system/clock.ts'
import { whenThere } from '../system/awaitable.ts'
import { systemIds, type Ids } from '../system/ids.ts'
import type { Log } from '../system/log.ts'
import { ApiError } from './api-error.ts'
import type { App } from './app.ts'
import type { HttpLimits } from './deps.ts'
import { errorAnswer, errorEnvelope, errorParts } from './error-answer.ts'
import { sendFileBody } from './file-response.ts'
import { lingering } from './linger.ts'
import { declaredBytes, payloadTooLarge } from './read-body.ts'
import { uploadBytesMax } from './read-multipart.ts'

export type ServeOptions = {
  host: string
  /** 0 picks a free one. */
  port: number
  limits: HttpLimits
  log: Log
  clock?: Clock
  ids?: Ids
}

export type Serving = {
  /** With the port that was really taken, without a trailing slash. */
  url: string
  /** Stops listening, lets running requests end for `graceMs` (5 s), then cuts what is left. */
  close(graceMs?: number): Promise<void>
}

const HEADERS_TIMEOUT_MS = 10_000
const CHECK_INTERVAL_MS = 2_000
/** Above what load balancers keep idle connections for, so that they close first. */
const KEEP_ALIVE_MS = 65_000
/** A connection on which nothing moves, in neither direction. Longer than any held answer. */
const IDLE_MS = 120_000
const CLOSE_GRACE_MS = 5_000

/**
 * Serves the API over HTTP. Bodies have time limits of their own (read-body.ts), so Node's total time per request is off.
 * @throws when the address cannot be listened on
 */
export async function serve(app: App, options: ServeOptions): Promise<Serving> {
  const { host, port, limits, log, clock = systemClock, ids = systemIds } = options
  const listener = getRequestListener(
    async (request, { incoming, outgoing }) => {
      const response = await app.fetch(request, { incoming, outgoing })
      if (outgoing instanceof ServerResponse && sendFileBody(response, outgoing)) return RESPONSE_ALREADY_SENT
      return lingering(response, request, incoming, clock)
    },
    {
      // Requests that never reach the API: no host, or a target that is no URL.
      errorHandler: (error) => {
        log.debug({ err: error }, 'a request could not be read')
        return withRequestId(errorAnswer(unreadable()), ids.id('req', clock.nowMs()))
      },
    },
  )
  const server = createServer(
    {
      headersTimeout: HEADERS_TIMEOUT_MS,
      requestTimeout: 0,
      // Refused by the handler below, in JSON.
      requireHostHeader: false,
      keepAliveTimeout: KEEP_ALIVE_MS,
      connectionsCheckingInterval: CHECK_INTERVAL_MS,
    },
    (incoming, outgoing) => {
      void whenThere(app.answerQuickly(incoming, outgoing), (isAnswered) => {
        if (!isAnswered) void listener(incoming, outgoing)
      })
    },
  )
  server.setTimeout(IDLE_MS)
  server.on('checkContinue', (incoming: IncomingMessage, outgoing: ServerResponse) => {
    const bytes = declaredBytes(new Headers({ 'content-length': incoming.headers['content-length'] ?? '' }))
    if ((bytes ?? 0) > uploadBytesMax(limits)) {
      refuseUpload(outgoing, uploadBytesMax(limits), ids.id('req', clock.nowMs()))
      return
    }
    outgoing.writeContinue()
    server.emit('request', incoming, outgoing)
  })
  // Node would refuse other expectations without a word of ours; they may be ignored (RFC 9110, 10.1.1).
  server.on('checkExpectation', (incoming, outgoing) => server.emit('request', incoming, outgoing))
  server.on('clientError', (error, socket) => answerClientError(error, socket, ids.id('req', clock.nowMs())))
  await listen(server, host, port)
  return { url: urlOf(server, host), close: (graceMs = CLOSE_GRACE_MS) => close(server, clock, graceMs) }
}

const unreadable = (): ApiError =>
  new ApiError('invalid_request', 'The request cannot be read. Check its address and its headers.')

function withRequestId(response: Response, requestId: string): Response {
  response.headers.set('x-request-id', requestId)
  return response
}

/** The client waits for leave to send its body, and gets the refusal instead: nothing is uploaded. */
function refuseUpload(outgoing: ServerResponse, bytesMax: number, requestId: string): void {
  const { status, headers, text } = errorParts(payloadTooLarge(bytesMax))
  outgoing.writeHead(status, { ...headers, 'x-request-id': requestId })
  outgoing.end(text)
}

type ClientSocket = { writable: boolean; end(data: string): unknown; destroy(): unknown }

/** What Node could not parse, or waited too long for. There is no request yet, so the answer is written by hand. */
function answerClientError(error: Error & { code?: string }, socket: ClientSocket, requestId: string): void {
  if (error.code === 'ECONNRESET' || !socket.writable) {
    socket.destroy()
    return
  }
  const isSlow = error.code === 'ERR_HTTP_REQUEST_TIMEOUT'
  const known = isSlow
    ? new ApiError('request_timeout', 'The request arrived too slowly. Send it again.')
    : unreadable()
  const status = error.code === 'HPE_HEADER_OVERFLOW' ? 431 : known.status
  const body = JSON.stringify(errorEnvelope(known))
  socket.end(
    `HTTP/1.1 ${status} Error\r\ncontent-type: application/json\r\nconnection: close\r\n` +
      `x-request-id: ${requestId}\r\ncontent-length: ${Buffer.byteLength(body)}\r\n\r\n${body}`,
  )
}

function listen(server: Server, host: string, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject)
    server.listen(port, host, () => {
      server.off('error', reject)
      resolve()
    })
  })
}

function urlOf(server: Server, host: string): string {
  const address = server.address()
  const port = typeof address === 'object' && address !== null ? address.port : 0
  return `http://${host.includes(':') ? `[${host}]` : host}:${port}`
}

/** What Node says of each answer that is out, to whoever listens: nobody does until the server closes. */
const ANSWERED = 'http.server.response.finish'

async function close(server: Server, clock: Clock, graceMs: number): Promise<void> {
  const ended = new AbortController()
  // A connection that is kept alive must not hold the process up.
  const closeIdle = (): void => void setImmediate(() => server.closeIdleConnections())
  subscribe(ANSWERED, closeIdle)
  const closed = new Promise<void>((resolve) => {
    server.close(() => {
      ended.abort()
      resolve()
    })
  })
  server.closeIdleConnections()
  await clock.sleep(graceMs, ended.signal)
  server.closeAllConnections()
  await closed
  unsubscribe(ANSWERED, closeIdle)
}
