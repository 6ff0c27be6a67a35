import type { IncomingMessage, ServerResponse } from 'node:http'
import { refusal, tooLarge } from './answers.ts'
import { readNodeBody } from './read-node-body.ts'
import { BODY_BYTES_MAX, type HandleOptions, type Receiver, type ReceiverResponse } from './receiver.ts'

/** What body parsers leave on a request. */
type ParsedRequest = IncomingMessage & { body?: unknown; rawBody?: unknown }

/**
 * For `app.post(path, expressReceiver(receiver))`, before `express.json()`; also a listener for `createServer`
 * of `node:http`. It reads the body itself.
 */
export function expressReceiver(
  receiver: Receiver,
  options: HandleOptions = {},
): (request: ParsedRequest, response: ServerResponse) => void {
  return (request, response) => void respond(receiver, request, response, options)
}

// Never rejects: with the store and the application behind it, nothing but a defect of this code could throw.
async function respond(
  receiver: Receiver,
  request: ParsedRequest,
  response: ServerResponse,
  options: HandleOptions,
): Promise<void> {
  const failed = refusal(500, 'internal', 'The receiver failed: send the callback again')
  const answered = await answer(receiver, request, options).catch(() => failed)
  if (answered !== null) send(response, answered)
}

/** Null when the sender went away. */
async function answer(
  receiver: Receiver,
  request: ParsedRequest,
  options: HandleOptions,
): Promise<ReceiverResponse | null> {
  const read = request.readableDidRead
    ? parsedBody(receiver, request)
    : await readNodeBody(request, BODY_BYTES_MAX)
  if (read === 'too_large') return tooLarge(BODY_BYTES_MAX)
  if (read === 'gone') return null
  if (read === 'parsed') {
    return refusal(
      500,
      'body_already_parsed',
      'A body parser ran before the receiver, and signatures cover the bytes as they arrived: mount expressReceiver before express.json()',
    )
  }
  return receiver.handle({ method: request.method ?? '', headers: request.headers, body: read }, options)
}

function parsedBody(receiver: Receiver, { rawBody, body }: ParsedRequest): Uint8Array | 'parsed' {
  const raw = rawBody ?? body
  if (raw instanceof Uint8Array) return raw
  if (typeof raw === 'string') return new TextEncoder().encode(raw)
  if (receiver.requiresSignature) return 'parsed'
  // Only a hint of where to look, so that spacing and order do not matter.
  return new TextEncoder().encode(JSON.stringify(body) ?? '')
}

function send(response: ServerResponse, { status, headers, body }: ReceiverResponse): void {
  if (response.headersSent || response.destroyed) return
  response.writeHead(status, { ...headers, 'content-length': Buffer.byteLength(body) })
  response.end(body)
}
