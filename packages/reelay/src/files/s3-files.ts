import { randomUUID } from 'node:crypto'
import type { Readable } from 'node:stream'
import { DeleteObjectCommand, GetObjectCommand, HeadObjectCommand, type S3Client } from '@aws-sdk/client-s3'
import { getSignedUrl } from '@aws-sdk/s3-request-presigner'
import type { FilePage, FileView, SharedFiles, StagedFile, StoredFile } from './files.ts'
import { mimeOfKey } from './mime-of-key.ts'
import { PartBuffers } from './part-buffers.ts'
import { checkBucket } from './s3-check.ts'
import { createS3Client, type S3ClientOptions } from './s3-client.ts'
import { faultOf, isMissing, unavailable } from './s3-fault.ts'
import { endUploads, listNames, listPage, removeAll } from './s3-folders.ts'
import { claimPlace } from './s3-owner.ts'
import { readObject } from './s3-read.ts'
import { KeyTaken, uploadFile } from './s3-upload.ts'
import type { Spool, SpooledFile } from './spool.ts'
import type { S3Location } from './storage-location.ts'
import { folderOf, requireKey } from './storage-key.ts'

/** The protocol wants 5 MiB or more; larger parts mean fewer requests and more memory. */
const PART_BYTES = 8 * 1024 * 1024
/** Of all uploads together: the memory that they may use is this many parts. */
const PARTS_MAX = 8
/** How long a link of the storage's own works: for one redirect, not for keeping. */
const LINK_SECONDS = 300

export type S3FilesOptions = S3ClientOptions & {
  spool: Spool
  /** Clients get links of the storage's own. */
  isRedirecting: boolean
}

/** Files in a bucket. What is written waits in the spool until it is known to be good. */
export function openS3Files(options: S3FilesOptions): SharedFiles {
  const { location } = options
  const client = createS3Client(options)
  const { publicEndpoint } = location
  const links =
    publicEndpoint === null
      ? client
      : createS3Client({ ...options, location: { ...location, endpoint: publicEndpoint } })
  return new S3Files({ ...options, client, links })
}

class S3Files implements SharedFiles {
  readonly #client: S3Client
  /** Signs links; the same as the other unless clients have an endpoint of their own. */
  readonly #links: S3Client
  readonly #location: S3Location
  readonly #spool: Spool
  readonly #isRedirecting: boolean
  readonly #buffers = new PartBuffers(PART_BYTES, PARTS_MAX)

  constructor({
    client,
    links,
    location,
    spool,
    isRedirecting,
  }: S3FilesOptions & { client: S3Client; links: S3Client }) {
    this.#client = client
    this.#links = links
    this.#location = location
    this.#spool = spool
    this.#isRedirecting = isRedirecting
  }

  async stage(): Promise<StagedFile> {
    return new S3StagedFile(await this.#spool.file(), (file, key, signal) => this.#keep(file, key, signal))
  }

  async open(key: string, range?: { start: number; end: number }): Promise<Readable | undefined> {
    const object = this.#object(key)
    return this.#ask('read a file', () => readObject({ client: this.#client, ...object }, range))
  }

  async size(key: string): Promise<number | undefined> {
    const { bucket, key: name } = this.#object(key)
    return this.#ask('look for a file', async () => {
      try {
        const found = await this.#client.send(new HeadObjectCommand({ Bucket: bucket, Key: name }))
        return found.ContentLength ?? 0
      } catch (error) {
        if (isMissing(faultOf(error))) return undefined
        throw error
      }
    })
  }

  async sign(key: string, { method, mime, disposition }: FileView): Promise<string | undefined> {
    const { bucket, key: name } = this.#object(key)
    if (!this.#isRedirecting) return undefined
    const input = {
      Bucket: bucket,
      Key: name,
      ResponseContentType: mime,
      ResponseContentDisposition: disposition,
      ResponseCacheControl: 'private, no-cache',
    }
    const options = { expiresIn: LINK_SECONDS }
    return this.#ask('sign a link to a file', () =>
      method === 'HEAD'
        ? getSignedUrl(this.#links, new HeadObjectCommand(input), options)
        : getSignedUrl(this.#links, new GetObjectCommand(input), options),
    )
  }

  async remove(key: string): Promise<void> {
    const { bucket, key: name } = this.#object(key)
    await this.#ask('remove a file', async () => {
      await this.#client.send(new DeleteObjectCommand({ Bucket: bucket, Key: name }))
    })
  }

  async names(folder: string): Promise<readonly string[]> {
    const place = this.#place(`${folderOf(folder)}/`)
    return this.#ask('list files', () => listNames(place))
  }

  async removeFolder(folder: string): Promise<void> {
    requireKey(`${folder}/any`)
    const place = this.#place(`${folder}/`)
    await this.#ask('remove files', () => removeAll(place))
  }

  sweep(): Promise<void> {
    return this.#spool.sweep()
  }

  async check(): Promise<void> {
    await this.#ask('write, read, list and remove a file', () =>
      checkBucket(this.#client, this.#location.bucket, this.#named(`check/start/${randomUUID()}`)),
    )
  }

  async page(after: string | null): Promise<FilePage> {
    return this.#ask('list files', () => listPage(this.#place(''), after))
  }

  async endUploads(begunBeforeMs: number): Promise<number> {
    return this.#ask('end abandoned uploads', () => endUploads(this.#place(''), begunBeforeMs))
  }

  async claim(ids: readonly string[]): Promise<boolean> {
    const object = { client: this.#client, bucket: this.#location.bucket, key: this.#named('reelay-owner') }
    return this.#ask('mark the place as its own', () => claimPlace(object, ids))
  }

  close(): void {
    this.#client.destroy()
    if (this.#links !== this.#client) this.#links.destroy()
    this.#spool.close()
  }

  async #keep(
    { file, bytes }: { file: SpooledFile; bytes: number },
    key: string,
    signal: AbortSignal,
  ): Promise<void> {
    const object = this.#object(key)
    try {
      await uploadFile({
        client: this.#client,
        buffers: this.#buffers,
        ...object,
        handle: file.handle,
        bytes,
        mime: mimeOfKey(key),
        mark: randomUUID(),
        signal,
      })
    } catch (error) {
      // It may have arrived although nobody said so. The key is this upload's alone, unless another object was there first.
      const isOthers = error instanceof KeyTaken
      if (!isOthers) await this.remove(key).catch(() => undefined)
      if (signal.aborted || isOthers) throw error
      throw unavailable(error, this.#location, 'keep a file')
    }
  }

  #object(key: string): { bucket: string; key: string } {
    return { bucket: this.#location.bucket, key: this.#named(requireKey(key)) }
  }

  #place(folder: string): Parameters<typeof listNames>[0] {
    return { client: this.#client, bucket: this.#location.bucket, prefix: this.#named(folder) }
  }

  #named(name: string): string {
    return this.#location.prefix === '' ? name : `${this.#location.prefix}/${name}`
  }

  async #ask<T>(doing: string, work: () => Promise<T>): Promise<T> {
    try {
      return await work()
    } catch (error) {
      throw unavailable(error, this.#location, doing)
    }
  }
}

type Keep = (file: { file: SpooledFile; bytes: number }, key: string, signal: AbortSignal) => Promise<void>

class S3StagedFile implements StagedFile {
  readonly path: string
  readonly #file: SpooledFile
  readonly #keep: Keep
  #bytes = 0

  constructor(file: SpooledFile, keep: Keep) {
    this.path = file.path
    this.#file = file
    this.#keep = keep
  }

  async write(source: AsyncIterable<Uint8Array>, bytesMax: number): Promise<StoredFile> {
    const stored = await this.#file.write(source, bytesMax)
    this.#bytes += stored.bytes
    return stored
  }

  async keep(key: string, signal: AbortSignal = NEVER): Promise<void> {
    await this.#keep({ file: this.#file, bytes: this.#bytes }, requireKey(key), signal)
    await this.#file.discard()
  }

  discard(): Promise<void> {
    return this.#file.discard()
  }
}

const NEVER = new AbortController().signal
