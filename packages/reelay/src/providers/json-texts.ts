import { jsonStretches } from './json-stretches.ts'

/** Nothing that a provider answers is nested nearly as deep. */
const DEPTH_MAX = 64

const KEY_BYTES_MAX = 256

/** A part of a string in a JSON text. */
export type JsonTextPart = {
  /** Where it is: names and positions with slashes between them, `response/videos/0/mimeType`. */
  path: string
  /** As they arrived, escapes included. */
  bytes: Uint8Array
  /** Whether this is its last part. */
  ends: boolean
}

type Frame = { close: '}' | ']'; key: string; index: number }

const OPEN_OBJECT = '{'.charCodeAt(0)
const OPEN_LIST = '['.charCodeAt(0)
const CLOSE_OBJECT = '}'.charCodeAt(0)
const CLOSE_LIST = ']'.charCodeAt(0)
const COMMA = ','.charCodeAt(0)
const COLON = ':'.charCodeAt(0)

/** Where in a JSON text a reader is, by the signs between its strings. Values are not checked. */
class Place {
  readonly #frames: Frame[] = []
  #wasOpened = false
  #isKeyNext = false

  get isWhole(): boolean {
    return this.#wasOpened && this.#frames.length === 0
  }

  get isKeyNext(): boolean {
    return this.#isKeyNext
  }

  get path(): string {
    return this.#frames.map(({ close, key, index }) => (close === '}' ? key : index)).join('/')
  }

  setKey(key: string): void {
    const frame = this.#frames.at(-1)
    if (frame !== undefined) frame.key = key
  }

  read(bytes: Uint8Array): void {
    for (const byte of bytes) {
      if (byte === OPEN_OBJECT) this.#open('}')
      else if (byte === OPEN_LIST) this.#open(']')
      else if (byte === CLOSE_OBJECT) this.#close('}')
      else if (byte === CLOSE_LIST) this.#close(']')
      else if (byte === COMMA) this.#next()
      else if (byte === COLON) this.#isKeyNext = false
    }
  }

  #open(close: Frame['close']): void {
    if (this.#frames.length === DEPTH_MAX) throw new SyntaxError('The JSON is nested too deep.')
    if (this.isWhole) throw new SyntaxError('The JSON goes on after its end.')
    this.#frames.push({ close, key: '', index: 0 })
    this.#wasOpened = true
    this.#isKeyNext = close === '}'
  }

  #close(close: Frame['close']): void {
    if (this.#frames.pop()?.close !== close) throw new SyntaxError('The JSON closes what it did not open.')
    this.#isKeyNext = false
  }

  #next(): void {
    const frame = this.#frames.at(-1)
    if (frame === undefined) return
    frame.index += 1
    this.#isKeyNext = frame.close === '}'
  }
}

/**
 * The strings of a JSON text that are values, as they arrive and with their places, so that none has to be kept.
 * @throws SyntaxError when the text ends early, or its brackets do not match
 */
export async function* jsonTexts(body: AsyncIterable<Uint8Array>): AsyncGenerator<JsonTextPart> {
  const place = new Place()
  let key = ''
  for await (const { inString, bytes, ends } of jsonStretches(body)) {
    if (!inString) place.read(bytes)
    else if (place.isKeyNext) {
      key += Buffer.from(bytes).toString('latin1', 0, KEY_BYTES_MAX - key.length)
      if (!ends) continue
      place.setKey(key)
      key = ''
    } else yield { path: place.path, bytes, ends }
  }
  if (!place.isWhole) throw new SyntaxError('The JSON ends before it is whole.')
}
