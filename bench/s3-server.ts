import { startS3Server } from '../packages/reelay/test/s3/s3-server.ts'

/** The S3 server of the tests in a process of its own, so that its memory is not the gateway's. */
const server = await startS3Server()
process.stdout.write(`${JSON.stringify({ url: server.url })}\n`)
process.once('SIGTERM', () => void server[Symbol.asyncDispose]())
