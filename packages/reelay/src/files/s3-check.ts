import {
  AbortMultipartUploadCommand,
  CreateMultipartUploadCommand,
  DeleteObjectCommand,
  GetObjectCommand,
  ListMultipartUploadsCommand,
  ListObjectsV2Command,
  PutObjectCommand,
  type S3Client,
} from '@aws-sdk/client-s3'

const CONTENT = 'Reelay writes this to see whether it can, and removes it at once.'

/** Does once with a small file what is done with videos, so that a missing right shows now. @throws what the server says */
export async function checkBucket(client: S3Client, bucket: string, key: string): Promise<void> {
  const place = { Bucket: bucket, Key: key }
  await client.send(new PutObjectCommand({ ...place, Body: CONTENT }))
  try {
    const { Body: body } = await client.send(new GetObjectCommand(place))
    if ((await body?.transformToString()) !== CONTENT) throw new Error('a file is not read as it was written')
    await client.send(new ListObjectsV2Command({ Bucket: bucket, Prefix: key, MaxKeys: 1 }))
    const { UploadId: id } = await client.send(new CreateMultipartUploadCommand(place))
    await client.send(new AbortMultipartUploadCommand({ ...place, UploadId: id }))
    await client.send(new ListMultipartUploadsCommand({ Bucket: bucket, Prefix: key, MaxUploads: 1 }))
  } finally {
    await client.send(new DeleteObjectCommand(place))
  }
}
