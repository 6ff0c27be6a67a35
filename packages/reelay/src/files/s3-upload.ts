import type { FileHandle } from 'node:fs/promises'
import {
  AbortMultipartUploadCommand,
  CompleteMultipartUploadCommand,
  CreateMultipartUploadCommand,
  HeadObjectCommand,
  PutObjectCommand,
  UploadPartCommand,
  type CompletedPart,
  type S3Client,
} from '@aws-sdk/client-s3'
import type { PartBuffers } from './part-buffers.ts'
import { faultOf, isMissing, isNotImplemented, isTaken } from './s3-fault.ts'

/** Parts of one upload that are on their way at a time. */
const PARTS_IN_FLIGHT = 3
/** The protocol's own. */
const PARTS_MAX = 10_000
/** Marks an object as made by one very upload: how a lost answer is told from somebody else's object. */
const MARK = 'reelay-upload'

export type S3Upload = {
  client: S3Client
  buffers: PartBuffers
  bucket: string
  /** With the prefix. */
  key: string
  handle: FileHandle
  bytes: number
  mime: string
  /** Unique for this upload. */
  mark: string
  signal: AbortSignal
}

/** The key has another object already: it stays. */
export class KeyTaken extends Error {
  override readonly name = 'KeyTaken'
}

/**
 * Brings a file of this machine under a key, whole or not at all, and never over another object where the server can tell.
 * Only a few parts are in memory at a time; a part that fails is read again from the file. An upload that fails leaves
 * nothing behind, as long as the server can be asked.
 * @throws KeyTaken; whatever the client throws
 */
export async function uploadFile(upload: S3Upload): Promise<void> {
  const { buffers, bytes } = upload
  if (bytes > PARTS_MAX * buffers.sizeBytes) throw new Error(`a file of ${bytes} bytes has too many parts`)
  if (bytes <= buffers.sizeBytes) await putWhole(upload)
  else await putInParts(upload)
}

async function putWhole(upload: S3Upload): Promise<void> {
  const { client, buffers, bucket, key, handle, bytes, mime, mark, signal } = upload
  using buffer = await buffers.take(signal)
  const body = await readPart(handle, buffer.bytes, 0, bytes)
  const input = { Bucket: bucket, Key: key, Body: body, ContentType: mime, Metadata: { [MARK]: mark } }
  await onlyIfFree(upload, (condition) =>
    client.send(new PutObjectCommand({ ...input, ...condition }), { abortSignal: signal }),
  )
}

async function putInParts(upload: S3Upload): Promise<void> {
  const { client, bucket, key, mime, mark, signal } = upload
  const place = { Bucket: bucket, Key: key }
  const { UploadId: id } = await client.send(
    new CreateMultipartUploadCommand({ ...place, ContentType: mime, Metadata: { [MARK]: mark } }),
    { abortSignal: signal },
  )
  if (id === undefined) throw new Error('the server began an upload without an id')
  try {
    const parts = await sendParts(upload, id)
    const input = { ...place, UploadId: id, MultipartUpload: { Parts: parts } }
    await onlyIfFree(upload, (condition) =>
      client.send(new CompleteMultipartUploadCommand({ ...input, ...condition }), { abortSignal: signal }),
    )
  } catch (error) {
    // Not by the signal: an upload that was ended must be ended there too. What this misses, the sweep finds a day later.
    await client.send(new AbortMultipartUploadCommand({ ...place, UploadId: id })).catch(() => undefined)
    throw error
  }
}

/** All parts in order. Returns or throws only when none is on its way any more, so that an abort misses none. */
async function sendParts(upload: S3Upload, id: string): Promise<CompletedPart[]> {
  const { buffers, bytes, signal } = upload
  const count = Math.ceil(bytes / buffers.sizeBytes)
  const parts: CompletedPart[] = []
  const failed = new AbortController()
  const over = AbortSignal.any([signal, failed.signal])
  let next = 0
  const sendNext = async (): Promise<void> => {
    while (next < count) {
      over.throwIfAborted()
      const index = next
      next += 1
      parts[index] = await sendPart(upload, { id, index, signal: over })
    }
  }
  const lanes = Array.from({ length: Math.min(PARTS_IN_FLIGHT, count) }, async () => {
    try {
      await sendNext()
    } catch (error) {
      failed.abort(error)
      throw error
    }
  })
  const ends = await Promise.allSettled(lanes)
  signal.throwIfAborted()
  if (failed.signal.aborted) throw failed.signal.reason
  if (ends.some((end) => end.status === 'rejected')) throw new Error('a part was not sent')
  return parts
}

async function sendPart(
  { client, buffers, bucket, key, handle, bytes }: S3Upload,
  { id, index, signal }: { id: string; index: number; signal: AbortSignal },
): Promise<CompletedPart> {
  using buffer = await buffers.take(signal)
  const start = index * buffers.sizeBytes
  const body = await readPart(handle, buffer.bytes, start, Math.min(buffers.sizeBytes, bytes - start))
  const part = { Bucket: bucket, Key: key, UploadId: id, PartNumber: index + 1, Body: body }
  const { ETag } = await client.send(new UploadPartCommand(part), { abortSignal: signal })
  if (ETag === undefined) throw new Error(`the server took part ${index + 1} without an ETag`)
  return { PartNumber: index + 1, ETag }
}

async function readPart(
  handle: FileHandle,
  buffer: Uint8Array,
  start: number,
  length: number,
): Promise<Uint8Array> {
  let filled = 0
  while (filled < length) {
    const { bytesRead } = await handle.read(buffer, filled, length - filled, start + filled)
    if (bytesRead === 0) throw new Error('a spooled file became shorter')
    filled += bytesRead
  }
  return buffer.subarray(0, length)
}

type Condition = { IfNoneMatch?: '*' }

/**
 * Writes only where nothing is. A server that knows no such condition gets none: keys are unique by construction, and the
 * commit names the winner. A refusal may be the echo of a request of ours whose answer was lost: the mark tells.
 */
async function onlyIfFree(
  upload: S3Upload,
  write: (condition: Condition) => Promise<unknown>,
): Promise<void> {
  try {
    await write({ IfNoneMatch: '*' })
  } catch (error) {
    const fault = faultOf(error)
    if (isNotImplemented(fault)) {
      await write({})
      return
    }
    const isRefused = isTaken(fault)
    if (!isRefused && fault.code !== 'NoSuchUpload') throw error
    if (await isOwn(upload)) return
    if (isRefused) throw new KeyTaken(`${upload.key} has another object already`, { cause: error })
    throw error
  }
}

async function isOwn({ client, bucket, key, bytes, mark, signal }: S3Upload): Promise<boolean> {
  try {
    const found = await client.send(new HeadObjectCommand({ Bucket: bucket, Key: key }), {
      abortSignal: signal,
    })
    return found.Metadata?.[MARK] === mark && found.ContentLength === bytes
  } catch (error) {
    if (isMissing(faultOf(error))) return false
    throw error
  }
}
