/** One frame of an event stream. */
export type ReadEvent = {
  event: string
  /** Empty when the frame has none. */
  id: string
  /** The parsed JSON; undefined when the frame has no data. */
  data: unknown
  comment: string
}

/** Reads a stream of server-sent events frame by frame, as slowly as the test wants. */
export class EventReader {
  readonly #reader: ReadableStreamDefaultReader<Uint8Array>
  readonly #decoder = new TextDecoder()
  #text = ''

  constructor(response: Response) {
    if (response.body === null) throw new Error('the answer has no body')
    this.#reader = response.body.getReader()
  }

  /** Undefined at the end. */
  async next(): Promise<ReadEvent | undefined> {
    for (;;) {
      const end = this.#text.indexOf('\n\n')
      if (end !== -1) {
        const frame = this.#text.slice(0, end)
        this.#text = this.#text.slice(end + 2)
        return parse(frame)
      }
      const { done, value } = await this.#reader.read()
      if (done) return undefined
      this.#text += this.#decoder.decode(value, { stream: true })
    }
  }

  /** The next one that carries data; undefined at the end. */
  async event(): Promise<ReadEvent | undefined> {
    for (;;) {
      const next = await this.next()
      if (next === undefined || next.data !== undefined) return next
    }
  }

  async take(count: number): Promise<ReadEvent[]> {
    const events: ReadEvent[] = []
    while (events.length < count) {
      const event = await this.event()
      if (event === undefined) break
      events.push(event)
    }
    return events
  }

  /** Everything up to the end. */
  rest(): Promise<ReadEvent[]> {
    return this.take(Infinity)
  }

  async close(): Promise<void> {
    await this.#reader.cancel()
  }
}

function parse(frame: string): ReadEvent {
  const read: ReadEvent = { event: 'message', id: '', data: undefined, comment: '' }
  for (const line of frame.split('\n')) {
    const colon = line.indexOf(':')
    const value = line.slice(colon + 1).replace(/^ /, '')
    const name = line.slice(0, colon)
    if (name === '') read.comment = value
    if (name === 'event') read.event = value
    if (name === 'id') read.id = value
    if (name === 'data') read.data = JSON.parse(value)
  }
  return read
}
