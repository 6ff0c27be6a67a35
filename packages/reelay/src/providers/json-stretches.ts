const QUOTE = 0x22
const BACKSLASH = 0x5c

/** A part of a JSON text: of what is between the quotes of a string, or of what is between two strings. */
export type JsonStretch = {
  inString: boolean
  /** As they arrived, escapes included, without the quotes. */
  bytes: Uint8Array
  /** Whether a quote follows. */
  ends: boolean
}

/**
 * Divides a JSON text at its quotes as it arrives, so that nothing of it has to be kept.
 * @throws SyntaxError when the text ends inside a string
 */
export async function* jsonStretches(body: AsyncIterable<Uint8Array>): AsyncGenerator<JsonStretch> {
  let inString = false
  let isEscaped = false
  for await (const chunk of body) {
    let start = 0
    for (let at = 0; at < chunk.length; at += 1) {
      const byte = chunk[at]
      if (isEscaped) isEscaped = false
      else if (byte === BACKSLASH) isEscaped = inString
      else if (byte === QUOTE) {
        yield { inString, bytes: chunk.subarray(start, at), ends: true }
        inString = !inString
        start = at + 1
      }
    }
    if (start < chunk.length) yield { inString, bytes: chunk.subarray(start), ends: false }
  }
  if (inString) throw new SyntaxError('The JSON ends inside a string.')
}
