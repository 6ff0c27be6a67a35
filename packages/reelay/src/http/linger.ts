import type { IncomingMessage } from 'node:http'
import type { Clock } from '../system/clock.ts'

const LINGER_MS = 5_000
const LINGER_BYTES_MAX = 64 * 1024 * 1024

/**
 * An answer that is ready before its request has been read. Closing now would reset the connection under a client that
 * still sends, which then never sees the answer and tries again. So the answer goes out whole, what the client still
 * sends is thrown away for a while, and only then the connection is closed.
 */
export async function lingering(
  response: Response,
  request: Request,
  incoming: Pick<IncomingMessage, 'complete' | 'method'>,
  clock: Clock,
): Promise<Response> {
  const isRead = incoming.complete || incoming.method === 'GET' || incoming.method === 'HEAD'
  if (isRead || response.status < 400) return response
  const bytes = new Uint8Array(await response.arrayBuffer())
  const headers = new Headers(response.headers)
  headers.set('connection', 'close')
  headers.set('content-length', String(bytes.byteLength))
  const body = new ReadableStream<Uint8Array>({
    start: (controller) => controller.enqueue(bytes),
    pull: async (controller) => {
      await drain(request, clock)
      controller.close()
    },
  })
  return new Response(body, { status: response.status, headers })
}

async function drain(request: Request, clock: Clock): Promise<void> {
  if (request.body === null || request.body.locked) return
  const reader = request.body.getReader()
  const over = new AbortController()
  const late = clock.sleep(LINGER_MS, over.signal).then(() => 'late' as const)
  try {
    for (let bytes = 0; bytes < LINGER_BYTES_MAX;) {
      const reading = reader.read()
      reading.catch(() => undefined)
      const result = await Promise.race([reading, late])
      if (result === 'late' || result.done) return
      bytes += result.value.byteLength
    }
  } catch {
    // The client left: it does not want the answer.
  } finally {
    over.abort()
  }
}
