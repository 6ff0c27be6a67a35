import type { SharedFiles } from '../../src/files/files.ts'
import { openS3 } from '../s3/open-s3.ts'
import { filesContract } from './files-contract.ts'

/**
 * Runs the suite against a server of your own: its URL, with a bucket `reelay-test` there, and keys in the variables of the
 * AWS tools.
 */
const endpoint = process.env['S3_TEST_URL']
const { AWS_ACCESS_KEY_ID: accessKeyId = 'test', AWS_SECRET_ACCESS_KEY: secretAccessKey = 'test' } =
  process.env

async function openFiles(): Promise<SharedFiles & AsyncDisposable> {
  const subject = await openS3()
  const files =
    endpoint === undefined
      ? subject.files
      : await subject.openAgain(
          { credentials: { accessKeyId, secretAccessKey } },
          { endpoint, prefix: `run-${crypto.randomUUID()}` },
        )
  return Object.assign(files, { [Symbol.asyncDispose]: () => subject[Symbol.asyncDispose]() })
}

filesContract(openFiles)
