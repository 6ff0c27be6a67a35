import { connect, type Socket } from 'node:net'

/** One answer as it came over the wire. Names of headers are lower-case; repeated ones are joined. */
export type RawAnswer = { status: number; headers: ReadonlyMap<string, string>; body: Buffer }

/** What a connection brought until enough answers were there, or it ended. */
export type RawReply = { answers: readonly RawAnswer[]; closed: boolean }

export type RawRequest = {
  /** What is written, in order; it may have no end: writing stops with the last expected answer. */
  chunks: Iterable<string | Uint8Array>
  /** How many answers end the exchange. */
  answers?: number
  /** Another address of this machine, 127.0.0.1 unless given: failures to name a key are counted by address. */
  from?: string
  /** Answers have no body, whatever they announce. */
  head?: boolean
  /** Whether the client ends its half of the connection behind the last chunk. */
  ends?: boolean
}

/** Longer than any answer may take: only a request that is never answered meets it. */
const PATIENCE_MS = 10_000

/** Writes bytes to a port of this machine, however wrong they are, and reads what comes back. */
export function exchangeRaw(port: number, request: RawRequest): Promise<RawReply> {
  const { promise, resolve, reject } = Promise.withResolvers<RawReply>()
  const socket = connect({
    host: '127.0.0.1',
    port,
    localAddress: request.from ?? '127.0.0.1',
    noDelay: true,
  })
  const expected = request.answers ?? 1
  let received = Buffer.alloc(0)
  let answers: readonly RawAnswer[] = []
  let isOver = false
  const impatient = setTimeout(() => {
    isOver = true
    socket.destroy()
    reject(
      new Error(
        `neither an answer nor an end within ${PATIENCE_MS} ms; so far: ${received.toString('latin1')}`,
      ),
    )
  }, PATIENCE_MS)
  const finish = (closed: boolean): void => {
    clearTimeout(impatient)
    isOver = true
    socket.destroy()
    resolve({ answers, closed })
  }
  socket.on('data', (chunk: Buffer) => {
    received = Buffer.concat([received, chunk])
    answers = answersIn(received, { head: request.head === true, closed: false })
    if (answers.length >= expected) finish(false)
  })
  socket.on('error', () => {})
  socket.once('close', () => {
    answers = answersIn(received, { head: request.head === true, closed: true })
    finish(true)
  })
  void write(socket, request, () => isOver)
  return promise
}

async function write(socket: Socket, { chunks, ends }: RawRequest, isOver: () => boolean): Promise<void> {
  for (const chunk of chunks) {
    if (isOver() || socket.destroyed) break
    if (!socket.write(chunk)) await drained(socket)
  }
  if (ends === true) socket.end()
}

function drained(socket: Socket): Promise<void> {
  return new Promise((resolve) => {
    const done = (): void => {
      socket.off('drain', done)
      socket.off('close', done)
      resolve()
    }
    socket.on('drain', done)
    socket.on('close', done)
  })
}

type Reading = { head: boolean; closed: boolean }

/** The answers that are complete; interim ones are left out. */
function answersIn(bytes: Buffer, reading: Reading): readonly RawAnswer[] {
  const answers: RawAnswer[] = []
  for (let rest = bytes; rest.length > 0;) {
    const found = answerIn(rest, reading)
    if (found === undefined) break
    if (found.answer.status >= 200) answers.push(found.answer)
    rest = rest.subarray(found.length)
  }
  return answers
}

function answerIn(bytes: Buffer, reading: Reading): { answer: RawAnswer; length: number } | undefined {
  const end = bytes.indexOf('\r\n\r\n')
  if (end === -1) return undefined
  const [first = '', ...lines] = bytes.subarray(0, end).toString('latin1').split('\r\n')
  const status = Number(/^HTTP\/1\.1 (\d{3}) /.exec(first)?.[1])
  const headers = new Map<string, string>()
  for (const line of lines) {
    const colon = line.indexOf(':')
    const name = line.slice(0, colon).toLowerCase()
    const value = line.slice(colon + 1).trim()
    headers.set(name, headers.has(name) ? `${headers.get(name)}, ${value}` : value)
  }
  const start = end + 4
  const isBare = reading.head || status < 200 || status === 204 || status === 304
  const body = isBare
    ? { content: Buffer.alloc(0), length: 0 }
    : bodyIn(bytes.subarray(start), headers, reading)
  if (body === undefined) return undefined
  return { answer: { status, headers, body: body.content }, length: start + body.length }
}

function bodyIn(
  bytes: Buffer,
  headers: ReadonlyMap<string, string>,
  { closed }: Reading,
): { content: Buffer; length: number } | undefined {
  if (headers.get('transfer-encoding') === 'chunked') return chunkedIn(bytes)
  const announced = headers.get('content-length')
  if (announced === undefined) return closed ? { content: bytes, length: bytes.length } : undefined
  const length = Number(announced)
  return bytes.length < length ? undefined : { content: bytes.subarray(0, length), length }
}

function chunkedIn(bytes: Buffer): { content: Buffer; length: number } | undefined {
  const parts: Buffer[] = []
  for (let at = 0; ;) {
    const end = bytes.indexOf('\r\n', at)
    if (end === -1) return undefined
    const size = Number.parseInt(bytes.subarray(at, end).toString('latin1'), 16)
    const next = end + 2 + size + 2
    if (bytes.length < next) return undefined
    if (size === 0) return { content: Buffer.concat(parts), length: next }
    parts.push(bytes.subarray(end + 2, end + 2 + size))
    at = next
  }
}
