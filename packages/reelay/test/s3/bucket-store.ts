import { createHash, randomUUID } from 'node:crypto'
import { createReadStream, createWriteStream } from 'node:fs'
import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import { Readable, Transform } from 'node:stream'
import { pipeline } from 'node:stream/promises'

/** AWS refuses smaller parts, except the last one. */
const PART_BYTES_MIN = 5 * 1024 * 1024

/** What an S3 server says no with. */
export class S3Refusal extends Error {
  readonly status: number
  readonly code: string

  constructor(status: number, code: string) {
    super(code)
    this.status = status
    this.code = code
  }
}

type Segment = { path: string; bytes: number; md5: string }

/** Headers that are kept with an object: its type, and what its maker noted. */
export type ObjectHeaders = Readonly<Record<string, string>>

export type KeptObject = {
  segments: readonly Segment[]
  bytes: number
  headers: ObjectHeaders
  etag: string
  modifiedAtMs: number
}

type PendingUpload = {
  id: string
  key: string
  headers: ObjectHeaders
  begunAtMs: number
  parts: Map<number, Segment>
}

export type Incoming = { content: Readable; sha256: string | undefined }

/**
 * A bucket: an object appears when it is whole, and under a condition only where none is. Bytes are in files, so that a
 * large object needs no memory.
 */
export class BucketStore {
  readonly #directory: string
  readonly objects: Map<string, KeptObject> = new Map()
  readonly uploads: Map<string, PendingUpload> = new Map()

  constructor(directory: string) {
    this.#directory = directory
  }

  get keys(): string[] {
    return [...this.objects.keys()].toSorted()
  }

  /** As if everything that is there now had been made so much earlier. */
  age(ms: number): void {
    for (const kept of this.objects.values()) kept.modifiedAtMs -= ms
    for (const upload of this.uploads.values()) upload.begunAtMs -= ms
  }

  async put(key: string, incoming: Incoming, headers: ObjectHeaders, ifFree: boolean): Promise<string> {
    this.#requireFree(key, ifFree)
    const segment = await this.#receive(incoming)
    const { bytes, md5: etag } = segment
    await this.#keep(key, { segments: [segment], bytes, headers, etag, modifiedAtMs: Date.now() }, ifFree)
    return etag
  }

  /** Harmless when there is none. */
  async remove(key: string): Promise<void> {
    const kept = this.objects.get(key)
    this.objects.delete(key)
    for (const { path } of kept?.segments ?? []) await rm(path, { force: true })
  }

  read({ segments }: KeptObject, start: number, end: number): Readable {
    return Readable.from(readSegments(segments, start, end), { objectMode: false })
  }

  begin(key: string, headers: ObjectHeaders): string {
    const id = randomUUID()
    this.uploads.set(id, { id, key, headers, begunAtMs: Date.now(), parts: new Map() })
    return id
  }

  async putPart(id: string, number: number, incoming: Incoming): Promise<string> {
    this.#upload(id)
    const segment = await this.#receive(incoming)
    // The upload may have been aborted while the part was on its way.
    this.#upload(id).parts.set(number, segment)
    return segment.md5
  }

  async complete(
    id: string,
    named: readonly { number: number; etag: string }[],
    ifFree: boolean,
  ): Promise<string> {
    const { key, headers, begunAtMs, parts } = this.#upload(id)
    const segments = named.map(({ number, etag }, index) => {
      const part = parts.get(number)
      if (part === undefined || part.md5 !== etag) throw new S3Refusal(400, 'InvalidPart')
      if (number <= (named[index - 1]?.number ?? 0)) throw new S3Refusal(400, 'InvalidPartOrder')
      if (part.bytes < PART_BYTES_MIN && index < named.length - 1) throw new S3Refusal(400, 'EntityTooSmall')
      return part
    })
    const bytes = segments.reduce((sum, segment) => sum + segment.bytes, 0)
    const hash = createHash('md5')
    for (const { md5 } of segments) hash.update(md5, 'hex')
    const etag = `${hash.digest('hex')}-${segments.length}`
    await this.#keep(key, { segments, bytes, headers, etag, modifiedAtMs: begunAtMs }, ifFree)
    this.uploads.delete(id)
    return etag
  }

  async abort(id: string): Promise<void> {
    const { parts } = this.#upload(id)
    this.uploads.delete(id)
    for (const { path } of parts.values()) await rm(path, { force: true })
  }

  #upload(id: string): PendingUpload {
    const upload = this.uploads.get(id)
    if (upload === undefined) throw new S3Refusal(404, 'NoSuchUpload')
    return upload
  }

  #requireFree(key: string, ifFree: boolean): void {
    if (ifFree && this.objects.has(key)) throw new S3Refusal(412, 'PreconditionFailed')
  }

  async #keep(key: string, kept: KeptObject, ifFree: boolean): Promise<void> {
    this.#requireFree(key, ifFree)
    const before = this.objects.get(key)
    this.objects.set(key, kept)
    for (const { path } of before?.segments ?? []) await rm(path, { force: true })
  }

  /** Whole, or not at all: a connection that is cut leaves nothing. */
  async #receive({ content, sha256 }: Incoming): Promise<Segment> {
    const path = join(this.#directory, randomUUID())
    const hashes = { md5: createHash('md5'), sha256: createHash('sha256') }
    let bytes = 0
    const counted = new Transform({
      transform(chunk: Buffer, _encoding, done) {
        bytes += chunk.byteLength
        hashes.md5.update(chunk)
        hashes.sha256.update(chunk)
        done(null, chunk)
      },
    })
    try {
      await pipeline(content, counted, createWriteStream(path))
      if (sha256 !== undefined && sha256 !== hashes.sha256.digest('hex'))
        throw new S3Refusal(400, 'XAmzContentSHA256Mismatch')
      return { path, bytes, md5: hashes.md5.digest('hex') }
    } catch (error) {
      await rm(path, { force: true })
      throw error
    }
  }
}

async function* readSegments(
  segments: readonly Segment[],
  start: number,
  end: number,
): AsyncGenerator<Uint8Array> {
  let before = 0
  for (const { path, bytes } of segments) {
    const from = Math.max(0, start - before)
    const to = Math.min(bytes - 1, end - before)
    if (from <= to) yield* createReadStream(path, { start: from, end: to, highWaterMark: 256 * 1024 })
    before += bytes
  }
}
