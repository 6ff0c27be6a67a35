import { MoveRefused } from './move-refused.ts'

const NEWLINE = 10

/**
 * The lines of a stream of bytes, without their ends. Only one line is in memory at a time.
 * @throws MoveRefused when a line is longer than that, or the last one has no end
 */
export async function* splitLines(
  source: AsyncIterable<Uint8Array>,
  lineBytesMax: number,
): AsyncGenerator<Uint8Array> {
  const parts: Uint8Array[] = []
  let bytes = 0
  for await (const chunk of source) {
    let start = 0
    for (let end = chunk.indexOf(NEWLINE); end !== -1; end = chunk.indexOf(NEWLINE, start)) {
      parts.push(chunk.subarray(start, end))
      yield parts.length === 1 ? chunk.subarray(start, end) : Buffer.concat(parts)
      parts.length = 0
      bytes = 0
      start = end + 1
    }
    parts.push(chunk.subarray(start))
    bytes += chunk.byteLength - start
    if (bytes > lineBytesMax)
      throw new MoveRefused('The file is no export of Reelay: a line of it is too long.')
  }
  if (bytes > 0) throw new MoveRefused('The file is cut short: its last line has no end. Export again.')
}
