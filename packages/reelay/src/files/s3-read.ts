import { Readable } from 'node:stream'
import { GetObjectCommand, type S3Client } from '@aws-sdk/client-s3'
import { faultOf, isMissing } from './s3-fault.ts'

/** How often a download is taken up again without one more byte between. */
const RESUMES_MAX = 5
const READ_AHEAD_BYTES = 256 * 1024

export type S3Object = { client: S3Client; bucket: string; key: string }

type Opened = { body: Readable; bytes: number; etag: string | undefined }

/**
 * A stream of an object, or of a part of it. A connection that is lost on the way, as is one on which a paused player lets
 * nothing move, is taken up again where it ended. Undefined when there is no such object.
 */
export async function readObject(
  object: S3Object,
  range?: { start: number; end: number },
): Promise<Readable | undefined> {
  const start = range?.start ?? 0
  const opened = await get(object, range === undefined ? undefined : `bytes=${start}-${range.end}`)
  if (opened === undefined || opened === 'beyond') return opened === 'beyond' ? Readable.from([]) : undefined
  const reading = { body: opened.body, isClosed: false }
  const stream = Readable.from(readOn(object, opened, start, reading), {
    objectMode: false,
    highWaterMark: READ_AHEAD_BYTES,
  })
  stream.once('close', () => {
    reading.isClosed = true
    reading.body.destroy()
  })
  return stream
}

async function* readOn(
  object: S3Object,
  { bytes, etag }: Opened,
  start: number,
  reading: { body: Readable; isClosed: boolean },
): AsyncGenerator<Uint8Array> {
  const end = start + bytes
  let position = start
  let failures = 0
  for (;;) {
    try {
      for await (const chunk of chunksOf(reading.body)) {
        position += chunk.byteLength
        failures = 0
        yield chunk
      }
      if (position >= end) return
      throw new Error(`the object ended at byte ${position} of ${end}`)
    } catch (error) {
      failures += 1
      if (reading.isClosed || failures > RESUMES_MAX || position >= end) throw error
      const next = await get(object, `bytes=${position}-${end - 1}`, etag)
      if (next === undefined || next === 'beyond') throw error
      reading.body = next.body
    }
  }
}

async function* chunksOf(body: Readable): AsyncGenerator<Uint8Array> {
  for await (const chunk of body) {
    if (!(chunk instanceof Uint8Array)) throw new TypeError('an object came as text')
    yield chunk
  }
}

/** Of one very version of the object, when its tag is known. `beyond`: the range begins behind its end. */
async function get(
  { client, bucket, key }: S3Object,
  range: string | undefined,
  etag?: string,
): Promise<Opened | 'beyond' | undefined> {
  try {
    const answer = await client.send(
      new GetObjectCommand({
        Bucket: bucket,
        Key: key,
        ...(range === undefined ? {} : { Range: range }),
        ...(etag === undefined ? {} : { IfMatch: etag }),
      }),
    )
    if (!(answer.Body instanceof Readable)) throw new Error('the server answered without a body')
    return { body: answer.Body, bytes: answer.ContentLength ?? 0, etag: answer.ETag }
  } catch (error) {
    const fault = faultOf(error)
    if (isMissing(fault)) return undefined
    if (fault.code === 'InvalidRange' || fault.status === 416) return 'beyond'
    throw error
  }
}
