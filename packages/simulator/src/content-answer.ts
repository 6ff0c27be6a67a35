import type { Answer } from './answer.ts'
import type { Clip } from './clips.ts'

const RANGE = /^bytes=(?<first>\d+)-(?<last>\d*)$/u

/** A clip, whole or the one range that was asked for (`bytes=N-` or `bytes=N-M`). */
export function contentAnswer({ type, bytes: body }: Clip, range: string | undefined): Answer {
  const headers = { 'content-type': type, 'accept-ranges': 'bytes' }
  const match = RANGE.exec(range ?? '')
  if (match === null) return { status: 200, headers, body }
  const first = Number(match.groups?.['first'])
  const last = Math.min(Number(match.groups?.['last'] || body.length - 1), body.length - 1)
  if (first > last) {
    return {
      status: 416,
      headers: { ...headers, 'content-range': `bytes */${body.length}` },
      body: Buffer.alloc(0),
    }
  }
  const contentRange = `bytes ${first}-${last}/${body.length}`
  return {
    status: 206,
    headers: { ...headers, 'content-range': contentRange },
    body: body.subarray(first, last + 1),
  }
}
