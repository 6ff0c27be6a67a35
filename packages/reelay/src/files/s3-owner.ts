import { GetObjectCommand, PutObjectCommand } from '@aws-sdk/client-s3'
import { faultOf, isMissing, isNotImplemented, isTaken } from './s3-fault.ts'
import type { S3Object } from './s3-read.ts'

/**
 * Whether the place is marked as this gateway's. One that is not marked yet is marked now; of two gateways that try at the
 * same time one wins, where the server knows conditions.
 */
export async function claimPlace(object: S3Object, ids: readonly string[]): Promise<boolean> {
  const [current = ''] = ids
  const found = await readOwner(object)
  if (found === current) return true
  if (found !== undefined) {
    // The secret was rotated: the mark follows.
    if (!ids.includes(found)) return false
    await writeOwner(object, current, false)
    return true
  }
  await writeOwner(object, current, true)
  const winner = await readOwner(object)
  return winner !== undefined && ids.includes(winner)
}

async function readOwner({ client, bucket, key }: S3Object): Promise<string | undefined> {
  try {
    const answer = await client.send(new GetObjectCommand({ Bucket: bucket, Key: key }))
    return (await answer.Body?.transformToString()) ?? ''
  } catch (error) {
    if (isMissing(faultOf(error))) return undefined
    throw error
  }
}

async function writeOwner({ client, bucket, key }: S3Object, id: string, isFirst: boolean): Promise<void> {
  const input = { Bucket: bucket, Key: key, Body: id, ContentType: 'text/plain' }
  try {
    await client.send(new PutObjectCommand({ ...input, ...(isFirst ? { IfNoneMatch: '*' } : {}) }))
  } catch (error) {
    const fault = faultOf(error)
    if (isNotImplemented(fault)) await client.send(new PutObjectCommand(input))
    else if (!isTaken(fault)) throw error
  }
}
