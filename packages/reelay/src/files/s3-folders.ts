import {
  AbortMultipartUploadCommand,
  DeleteObjectCommand,
  DeleteObjectsCommand,
  ListMultipartUploadsCommand,
  ListObjectsV2Command,
  type S3Client,
} from '@aws-sdk/client-s3'
import type { FilePage } from './files.ts'
import { faultOf, isNotImplemented } from './s3-fault.ts'

/** What the protocol gives and takes at once. */
const KEYS_PER_REQUEST = 1_000
/** The longest list that is read in one go. */
const PAGES_MAX = 100
/** Of a walk through everything: few enough to be judged one by one. */
const KEYS_PER_PAGE = 200
const UPLOADS_ENDED_MAX = 1_000

/** Everything whose name begins with `prefix`. */
export type S3Place = { client: S3Client; bucket: string; prefix: string }

type Listed = { keys: string[]; folders: string[] }

/** One list after the other, until all is listed. */
async function* listed({ client, bucket, prefix }: S3Place, delimiter?: string): AsyncGenerator<Listed> {
  let token: string | undefined
  for (let page = 0; page < PAGES_MAX; page += 1) {
    const answer = await client.send(
      new ListObjectsV2Command({
        Bucket: bucket,
        Prefix: prefix,
        MaxKeys: KEYS_PER_REQUEST,
        ...(delimiter === undefined ? {} : { Delimiter: delimiter }),
        ...(token === undefined ? {} : { ContinuationToken: token }),
      }),
    )
    yield {
      keys: (answer.Contents ?? []).flatMap(({ Key }) => Key ?? []),
      folders: (answer.CommonPrefixes ?? []).flatMap(({ Prefix }) => Prefix ?? []),
    }
    token = answer.NextContinuationToken
    if (answer.IsTruncated !== true || token === undefined) return
  }
  throw new Error(`${prefix} holds more than ${PAGES_MAX * KEYS_PER_REQUEST} files`)
}

/** The names right below a folder, whose prefix ends with a slash. */
export async function listNames(place: S3Place): Promise<string[]> {
  const names: string[] = []
  for await (const { keys, folders } of listed(place, '/')) {
    names.push(...keys.map((key) => key.slice(place.prefix.length)))
    names.push(...folders.map((folder) => folder.slice(place.prefix.length, -1)))
  }
  return names.filter((name) => name !== '')
}

/** Removes everything below, a list at a time. */
export async function removeAll(place: S3Place): Promise<void> {
  for await (const { keys } of listed(place)) if (keys.length > 0) await removeKeys(place, keys)
}

async function removeKeys({ client, bucket }: S3Place, keys: readonly string[]): Promise<void> {
  try {
    const Objects = keys.map((Key) => ({ Key }))
    const { Errors: errors = [] } = await client.send(
      new DeleteObjectsCommand({ Bucket: bucket, Delete: { Objects, Quiet: true } }),
    )
    const [error] = errors
    if (error === undefined) return
    throw Object.assign(new Error(`${errors.length} of ${keys.length} were not removed: ${error.Message}`), {
      name: error.Code ?? 'Error',
    })
  } catch (error) {
    const fault = faultOf(error)
    // Some servers have no such request, or want another checksum with it.
    if (!isNotImplemented(fault) && fault.status !== 400) throw error
    for (const Key of keys) await client.send(new DeleteObjectCommand({ Bucket: bucket, Key }))
  }
}

/** The next stretch of everything below, in the order of keys, which are given without the prefix. */
export async function listPage({ client, bucket, prefix }: S3Place, after: string | null): Promise<FilePage> {
  const answer = await client.send(
    new ListObjectsV2Command({
      Bucket: bucket,
      Prefix: prefix,
      MaxKeys: KEYS_PER_PAGE,
      ...(after === null ? {} : { StartAfter: prefix + after }),
    }),
  )
  const files = (answer.Contents ?? []).flatMap(({ Key, LastModified }) =>
    Key === undefined || LastModified === undefined
      ? []
      : [{ key: Key.slice(prefix.length), modifiedAtMs: LastModified.getTime() }],
  )
  return { files, next: answer.IsTruncated === true ? (files.at(-1)?.key ?? null) : null }
}

/** Bounded: what is left is found the next time. */
export async function endUploads(
  { client, bucket, prefix }: S3Place,
  begunBeforeMs: number,
): Promise<number> {
  const { Uploads: uploads = [] } = await client.send(
    new ListMultipartUploadsCommand({ Bucket: bucket, Prefix: prefix, MaxUploads: UPLOADS_ENDED_MAX }),
  )
  let ended = 0
  for (const { Key, UploadId, Initiated } of uploads) {
    if (Key === undefined || UploadId === undefined || Initiated === undefined) continue
    if (Initiated.getTime() >= begunBeforeMs) continue
    await client.send(new AbortMultipartUploadCommand({ Bucket: bucket, Key, UploadId }))
    ended += 1
  }
  return ended
}
