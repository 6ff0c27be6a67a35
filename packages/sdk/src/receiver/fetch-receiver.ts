import { refusal, tooLarge } from './answers.ts'
import { BODY_BYTES_MAX, type HandleOptions, type Receiver, type ReceiverResponse } from './receiver.ts'
import { readWebBody } from './read-web-body.ts'

/** The last argument that some platforms pass to a handler. */
type ExecutionContext = { waitUntil(work: Promise<unknown>): void }

/** For Bun, Deno and other servers whose handlers take a `Request` and answer a `Response`. */
export function fetchReceiver(
  receiver: Receiver,
  options: HandleOptions = {},
): (request: Request, context?: Partial<ExecutionContext>) => Promise<Response> {
  return async (request, context) => {
    const waitUntil =
      options.waitUntil ??
      (typeof context?.waitUntil === 'function'
        ? (work: Promise<void>) => context.waitUntil?.(work)
        : undefined)
    return responseOf(await answer(receiver, request, waitUntil))
  }
}

async function answer(
  receiver: Receiver,
  request: Request,
  waitUntil: HandleOptions['waitUntil'],
): Promise<ReceiverResponse> {
  if (request.bodyUsed) return bodyWasRead()
  const read = await readWebBody(request, BODY_BYTES_MAX)
  if (read.kind === 'too_large') return tooLarge(BODY_BYTES_MAX)
  if (read.kind === 'broken') return refusal(400, 'incomplete_body', 'The body ended early: send it again')
  const { method, headers } = request
  return receiver.handle({ method, headers, body: read.body }, waitUntil === undefined ? {} : { waitUntil })
}

/** An error of this program's own: the sender tries again, and somebody reads why in the answer. */
export const bodyWasRead = (): ReceiverResponse =>
  refusal(
    500,
    'body_already_read',
    'The body was read before the receiver: pass it the request as it arrived, or a clone made before',
  )

export const responseOf = ({ status, headers, body }: ReceiverResponse): Response =>
  new Response(body, { status, headers: { ...headers } })
