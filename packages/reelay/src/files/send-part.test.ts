import assert from 'node:assert/strict'
import { createHash, randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { mkdtemp, open, rm, writeFile } from 'node:fs/promises'
import { createServer, get, type IncomingMessage, type Server } from 'node:http'
import { connect, type AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Writable } from 'node:stream'
import { test } from 'node:test'
import { sendPart } from './send-part.ts'

const FILE_BYTES = 3_000_001

type Part = { start: number; bytes: number }

const WHOLE: Part = { start: 0, bytes: FILE_BYTES }

/** A server that sends parts of files, `/{file}?{start}-{bytes}`, and what became of each. */
class Subject {
  readonly sent: Promise<void>[] = []
  readonly contents: Buffer[]
  readonly directory: string
  readonly server: Server

  constructor(directory: string, contents: Buffer[]) {
    this.directory = directory
    this.contents = contents
    this.server = createServer(({ url = '' }, response) => {
      const [, file, start, bytes] = (/^\/(\d+)\?(\d+)-(\d+)$/.exec(url) ?? []).map(Number)
      const sending = this.send(file!, { start: start!, bytes: bytes! }, response)
      sending.catch(() => undefined)
      this.sent.push(sending)
    })
  }

  static async open(files: number): Promise<Subject> {
    const directory = await mkdtemp(join(tmpdir(), 'reelay-send-'))
    const contents = Array.from({ length: files }, () => randomBytes(FILE_BYTES))
    for (const [index, bytes] of contents.entries()) await writeFile(join(directory, `${index}`), bytes)
    const subject = new Subject(directory, contents)
    await once(subject.server.listen(0, '127.0.0.1'), 'listening')
    return subject
  }

  async send(file: number, part: Part, sink: Writable): Promise<void> {
    await using handle = await open(join(this.directory, `${file}`))
    await sendPart({ handle, ...part }, sink)
  }

  async get(file: number, { start, bytes }: Part): Promise<IncomingMessage> {
    const { port } = this.server.address() as AddressInfo
    const request = get({ host: '127.0.0.1', port, path: `/${file}?${start}-${bytes}`, agent: false })
    const [response] = await once(request, 'response')
    return response
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.server.closeAllConnections()
    this.server.close()
    await rm(this.directory, { recursive: true, force: true })
  }
}

const hashOf = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex')

async function hashOfBody(response: IncomingMessage): Promise<string> {
  const hash = createHash('sha256')
  for await (const chunk of response) hash.update(chunk)
  return hash.digest('hex')
}

test('a part is sent byte for byte, wherever it begins and however long it is', async () => {
  await using s = await Subject.open(1)
  const parts = [
    WHOLE,
    { start: FILE_BYTES - 1, bytes: 1 },
    { start: 7, bytes: 256 * 1024 },
    { start: 1, bytes: 256 * 1024 + 1 },
    { start: 5, bytes: 512 * 1024 },
  ]
  for (const part of parts) {
    const expected = s.contents[0]!.subarray(part.start, part.start + part.bytes)
    assert.equal(await hashOfBody(await s.get(0, part)), hashOf(expected), JSON.stringify(part))
  }
  await Promise.all(s.sent)
})

/** A sink that lets go of a chunk only when it is told to, and reads it at the last moment, as a socket may. */
class SlowSink extends Writable {
  readonly #hash = createHash('sha256')
  #letGo: (() => void) | undefined
  isPaused = true

  override _write(chunk: Buffer, _encoding: string, callback: () => void): void {
    const letGo = (): void => {
      this.#hash.update(chunk)
      callback()
    }
    if (this.isPaused) this.#letGo = letGo
    // Long enough for the next chunk to be read.
    else setImmediate(() => setImmediate(letGo))
  }

  resume(): void {
    this.isPaused = false
    this.#letGo?.()
  }

  async digest(): Promise<string> {
    if (!this.writableFinished) await once(this, 'finish')
    return this.#hash.digest('hex')
  }
}

for (const [what, part] of [
  ['a whole file', WHOLE],
  ['a part that is one chunk', { start: 11, bytes: 5_000 }],
] as const) {
  test(`a buffer is used again only when its bytes are written: ${what}`, async () => {
    await using s = await Subject.open(4)
    const sinks = s.contents.map(() => new SlowSink())
    const sending = sinks.map((sink, file) => s.send(file, part, sink))
    for (const [file, content] of s.contents.entries()) {
      assert.equal(await hashOfBody(await s.get(file, WHOLE)), hashOf(content))
    }
    for (const sink of sinks) sink.resume()
    await Promise.all(sending)
    const expected = s.contents.map((content) =>
      hashOf(content.subarray(part.start, part.start + part.bytes)),
    )
    assert.deepEqual(await Promise.all(sinks.map((sink) => sink.digest())), expected)
  })
}

test('a reader who leaves ends the sending, and others get their own bytes afterwards', async () => {
  await using s = await Subject.open(2)
  const left = await s.get(0, WHOLE)
  left.destroy()
  await assert.rejects(s.sent[0]!)
  const staying = await Promise.all([s.get(0, WHOLE), s.get(1, WHOLE)])
  assert.deepEqual(await Promise.all(staying.map(hashOfBody)), s.contents.map(hashOf))
})

test('a response that waits for its turn when the reader leaves ends its sending too', async () => {
  await using s = await Subject.open(1)
  const { port } = s.server.address() as AddressInfo
  const socket = connect(port, '127.0.0.1')
  socket.write(`GET /0?0-${FILE_BYTES} HTTP/1.1\r\nhost: a\r\n\r\n`.repeat(2))
  await once(socket, 'readable')
  while (s.sent.length < 2) await once(s.server, 'request')
  socket.destroy()
  for (const sending of s.sent) await assert.rejects(sending)
})

test('a file that is shorter than was promised breaks the connection', async () => {
  await using s = await Subject.open(1)
  const response = await s.get(0, { start: 0, bytes: FILE_BYTES + 1 })
  await assert.rejects(hashOfBody(response), { code: 'ECONNRESET' })
  await assert.rejects(s.sent[0]!, /ended 1 bytes early/)
})
