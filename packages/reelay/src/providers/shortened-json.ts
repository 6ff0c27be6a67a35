import { jsonStretches } from './json-stretches.ts'

/** The longest string that is kept. Sentences are far shorter, files far longer. */
const STRING_BYTES_MAX = 64 * 1024

/** The longest text that is read. */
const TEXT_BYTES_MAX = 1024 * 1024 * 1024

const QUOTE = Uint8Array.of(0x22)
const LEFT_OUT = new TextEncoder().encode('(left out)')

/**
 * A JSON text whose long strings say only that they were left out: what an answer that carries a file says besides it.
 * @throws RangeError when the text is longer than any file, SyntaxError when it ends inside a string
 */
export async function* shortenedJson(body: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  let read = 0
  let length = 0
  let kept: Uint8Array[] = []
  for await (const { inString, bytes, ends } of jsonStretches(body)) {
    read += bytes.length
    if (read > TEXT_BYTES_MAX) throw new RangeError(`The answer has more than ${TEXT_BYTES_MAX} bytes.`)
    if (inString) {
      length += bytes.length
      if (length <= STRING_BYTES_MAX) kept.push(bytes)
      else kept = []
      if (!ends) continue
      if (length <= STRING_BYTES_MAX) yield* kept
      else yield LEFT_OUT
      length = 0
      kept = []
    } else yield bytes
    if (ends) yield QUOTE
  }
}
