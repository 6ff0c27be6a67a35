import type { IncomingMessage } from 'node:http'
import { joinBytes } from './join-bytes.ts'

/**
 * The bytes of a request. `too_large` as soon as that is certain, with the rest left unread: an answer can
 * still be sent. `gone` when the sender went away.
 */
export function readNodeBody(
  request: IncomingMessage,
  bytesMax: number,
): Promise<Uint8Array | 'too_large' | 'gone'> {
  if (Number(request.headers['content-length'] ?? 0) > bytesMax) return Promise.resolve('too_large')
  return new Promise((resolve) => {
    const parts: Uint8Array[] = []
    let bytes = 0
    const settle = (result: Uint8Array | 'too_large' | 'gone'): void => {
      request.off('data', onData)
      resolve(result)
    }
    const onData = (part: Uint8Array): void => {
      bytes += part.length
      if (bytes <= bytesMax) {
        parts.push(part)
        return
      }
      request.pause()
      settle('too_large')
    }
    request.on('data', onData)
    request.once('end', () => settle(joinBytes(parts)))
    // Stays on: a request that fails later must not become an uncaught error.
    request.on('error', () => settle('gone'))
    request.once('close', () => settle('gone'))
  })
}
