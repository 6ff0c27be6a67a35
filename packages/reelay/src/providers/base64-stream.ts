/** Base64 in the alphabet of JSON's own mapping of bytes, padded at the end. */
const BASE64 = /^[A-Za-z0-9+/]*={0,2}$/

const ESCAPE = /\\(?:\/|u00([0-9a-f]{2}))/gi
const ESCAPE_CHARACTERS = 6
const GROUP_CHARACTERS = 4

/** Some writers of JSON escape a slash, or what means something in HTML. */
const unescaped = (text: string): string =>
  text.replace(ESCAPE, (_escape, code?: string) =>
    code === undefined ? '/' : String.fromCharCode(Number.parseInt(code, 16)),
  )

/** Where an escape begins whose end has not arrived; the text's length when there is none. */
function unfinishedAt(text: string): number {
  const at = text.lastIndexOf('\\')
  if (at === -1) return text.length
  const characters = text[at + 1] === 'u' ? ESCAPE_CHARACTERS : 2
  return text.length - at < characters ? at : text.length
}

/** Decodes base64 as it stands inside a JSON string and as it arrives, holding at most one group of it. */
export class Base64Stream {
  #escape = ''
  #group = ''
  #isPadded = false

  /** @throws SyntaxError when it is no base64 */
  push(bytes: Uint8Array): Uint8Array {
    const raw = this.#escape + Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('latin1')
    const end = unfinishedAt(raw)
    this.#escape = raw.slice(end)
    const arrived = unescaped(raw.slice(0, end))
    const text = this.#group + arrived
    if (!BASE64.test(text) || (this.#isPadded && arrived !== '')) throw new SyntaxError('It is no base64.')
    const whole = text.length - (text.length % GROUP_CHARACTERS)
    this.#group = text.slice(whole)
    this.#isPadded ||= whole > 0 && text[whole - 1] === '='
    return Buffer.from(text.slice(0, whole), 'base64')
  }

  /** To be called after the last part. @throws SyntaxError when something is missing */
  end(): void {
    if (this.#escape !== '' || this.#group !== '') throw new SyntaxError('The base64 ends early.')
  }
}
