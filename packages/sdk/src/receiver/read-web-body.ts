import { joinBytes } from './join-bytes.ts'

export type ReadBody = { kind: 'read'; body: Uint8Array } | { kind: 'too_large' } | { kind: 'broken' }

/** The bytes of a request, never more than `bytesMax` of them. */
export async function readWebBody(request: Request, bytesMax: number): Promise<ReadBody> {
  if (Number(request.headers.get('content-length') ?? 0) > bytesMax) return { kind: 'too_large' }
  if (request.body === null) return { kind: 'read', body: new Uint8Array() }
  const reader: ReadableStreamDefaultReader<Uint8Array> = request.body.getReader()
  const parts: Uint8Array[] = []
  let bytes = 0
  try {
    for (;;) {
      const { done, value } = await reader.read()
      if (done) return { kind: 'read', body: joinBytes(parts) }
      bytes += value.length
      if (bytes > bytesMax) {
        await reader.cancel()
        return { kind: 'too_large' }
      }
      parts.push(value)
    }
  } catch {
    return { kind: 'broken' }
  }
}
