import type { ServerResponse } from 'node:http'
import type { Clock } from './clock.ts'
import type { Answer } from './answer.ts'
import type { DistortedKind, Fault } from './fault.ts'
import { replacedAnswer, statusAnswer, type FaultContext } from './fault-answer.ts'

export interface SendOptions {
  readonly clock: Clock
  /** Pause between two pieces of a slow answer, milliseconds. */
  readonly dripMs: number
  /** Aborts when the simulator closes. */
  readonly signal: AbortSignal
}

const PIECES_MAX = 40
/** Enough that no JSON is whole without them. */
const CUT_BYTES = 3
const LARGE_HEADER_BYTES = 40_000

function sendWhole(response: ServerResponse, answer: Answer): void {
  response.writeHead(answer.status, { ...answer.headers, 'content-length': answer.body.length })
  response.end(answer.body)
}

function sendRaw(response: ServerResponse, text: string): void {
  response.socket?.end(text)
}

/** Writes half of the body and then, once it has left, does `next` to the connection. */
function sendHalf(response: ServerResponse, answer: Answer, lengthKnown: boolean, next: () => void): void {
  const length = lengthKnown ? { 'content-length': answer.body.length } : {}
  response.writeHead(answer.status, { ...answer.headers, ...length })
  response.write(answer.body.subarray(0, Math.ceil(answer.body.length / 2)), next)
}

async function sendSlowly(response: ServerResponse, answer: Answer, options: SendOptions): Promise<void> {
  const { body } = answer
  const pieceBytes = Math.max(1, Math.ceil(body.length / PIECES_MAX))
  response.writeHead(answer.status, { ...answer.headers, 'content-length': body.length })
  response.flushHeaders()
  for (let start = 0; start < body.length; start += pieceBytes) {
    await options.clock.sleep(options.dripMs, options.signal)
    if (options.signal.aborted || response.destroyed) return
    response.write(body.subarray(start, start + pieceBytes))
  }
  response.end()
}

async function sendDistorted(
  response: ServerResponse,
  answer: Answer,
  kind: DistortedKind,
  options: SendOptions,
): Promise<void> {
  const hangUp = (): void => {
    response.socket?.destroy()
  }
  switch (kind) {
    case 'truncated':
      return sendHalf(response, answer, true, hangUp)
    case 'cut-json':
      return sendWhole(response, { ...answer, body: answer.body.subarray(0, -CUT_BYTES) })
    case 'chunk-cut':
      return sendHalf(response, answer, false, hangUp)
    case 'stalled':
      return sendHalf(response, answer, true, () => {})
    case 'slow':
      return sendSlowly(response, answer, options)
    case 'short-length': {
      const length = Math.floor(answer.body.length / 2)
      response.writeHead(answer.status, { ...answer.headers, connection: 'close', 'content-length': length })
      response.end(answer.body)
      return
    }
    case 'big-header':
      return sendWhole(response, {
        ...answer,
        headers: { ...answer.headers, 'x-padding': 'x'.repeat(LARGE_HEADER_BYTES) },
      })
    case 'bad-gzip':
      return sendWhole(response, { ...answer, headers: { ...answer.headers, 'content-encoding': 'gzip' } })
  }
}

function sendBroken(response: ServerResponse, kind: Extract<Fault, { shape: 'broken' }>['kind']): void {
  switch (kind) {
    case 'reset':
      response.socket?.resetAndDestroy()
      return
    case 'fin':
      response.socket?.end()
      return
    case 'timeout':
      // Nothing ever leaves; the client or the end of the simulator closes the connection.
      return
    case 'garbage':
      sendRaw(response, '\u0000\u0001 this is no HTTP\r\n\r\n')
      return
    case 'two-lengths':
      sendRaw(response, 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Length: 9\r\n\r\n{"id":"x"}')
      return
  }
}

/** Puts an answer on the wire, spoiled as the fault says. Resolves once all was written or given up. */
export async function send(
  response: ServerResponse,
  fault: Fault | null,
  context: FaultContext,
  options: SendOptions,
): Promise<void> {
  if (response.destroyed) return
  if (fault === null) {
    sendWhole(response, context.real ?? statusAnswer(500, context))
    return
  }
  switch (fault.shape) {
    case 'broken':
      return sendBroken(response, fault.kind)
    case 'distorted':
      return sendDistorted(response, context.real ?? statusAnswer(500, context), fault.kind, options)
    case 'replaced':
      return sendWhole(response, replacedAnswer(fault.kind, context))
    case 'status':
      return sendWhole(response, statusAnswer(fault.status, context))
  }
}
