import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { BucketStore, S3Refusal } from './bucket-store.ts'
import { answerS3, errorXml, seenOf, send, type S3Request } from './s3-protocol.ts'
import { checkSignature } from './s3-signature.ts'

/** The only keys that the server knows. */
export const S3_KEYS = { accessKeyId: 'AKIATESTKEY', secretAccessKey: 'secret-of-the-test-key' }
export const BUCKET = 'reelay-test'

/** What happens to a request in the place of its answer. */
export type Fault =
  | { answer: number; code: string }
  /** The connection is cut: before anything is done, or when it was done and nobody is told. */
  | { cut: 'before' | 'after' }
  /** The connection is cut when so many bytes of the answer are out. */
  | { cutAtBytes: number }
  /** Nothing happens until the promise ends; then it is served. */
  | { hold: Promise<unknown> }

type Faults = { of: (request: S3Request) => Fault | undefined }

/** An S3 server over HTTP for tests, as strict as AWS in what the gateway uses, with faults on demand. */
export class S3Server implements AsyncDisposable {
  readonly url: string
  readonly store: BucketStore
  readonly requests: readonly S3Request[]
  readonly #faults: Faults
  readonly #stop: () => Promise<void>

  constructor(
    url: string,
    store: BucketStore,
    requests: S3Request[],
    faults: Faults,
    stop: () => Promise<void>,
  ) {
    this.url = url
    this.store = store
    this.requests = requests
    this.#faults = faults
    this.#stop = stop
  }

  /** Asked for every request from now on, in the place of what was asked before. */
  onRequest(fault: Faults['of']): void {
    this.#faults.of = fault
  }

  /** How many requests of that kind came, such as `PUT part`. */
  count(kind: string): number {
    return this.requests.filter((request) => request.kind === kind).length
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.#stop()
  }
}

export async function startS3Server(): Promise<S3Server> {
  const directory = await mkdtemp(join(tmpdir(), 'reelay-s3-'))
  const store = new BucketStore(directory)
  const requests: S3Request[] = []
  const faults: Faults = { of: () => undefined }
  const server = createServer((request, response) => {
    const seen = seenOf(request)
    requests.push(seen)
    void serve(store, faults.of(seen), { seen, request, response })
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  return new S3Server(`http://127.0.0.1:${port}`, store, requests, faults, async () => {
    server.close()
    server.closeAllConnections()
    await once(server, 'close')
    await rm(directory, { recursive: true, force: true })
  })
}

type Exchange = { seen: S3Request; request: IncomingMessage; response: ServerResponse }

async function serve(store: BucketStore, fault: Fault | undefined, exchange: Exchange): Promise<void> {
  const { seen, request, response } = exchange
  if (fault !== undefined) {
    if ('answer' in fault) return send(exchange, fault.answer, errorXml(fault.code))
    if ('hold' in fault) await fault.hold
    else if ('cutAtBytes' in fault) cutAt(exchange, fault.cutAtBytes)
    else if (fault.cut === 'before') return void request.socket.destroy()
    else response.end = (() => request.socket.destroy()) as unknown as ServerResponse['end']
  }
  try {
    checkSignature(request, S3_KEYS)
    if (seen.bucket !== BUCKET) throw new S3Refusal(404, 'NoSuchBucket')
    await answerS3(store, exchange)
  } catch (error) {
    // Whoever cut the connection hears nothing.
    if (error instanceof S3Refusal) send(exchange, error.status, errorXml(error.code))
    else if (!request.socket.destroyed) throw error
  }
}

function cutAt({ request, response }: Exchange, bytes: number): void {
  const write = response.write.bind(response)
  let left = bytes
  response.write = ((chunk: Uint8Array): boolean => {
    const part = chunk.subarray(0, left)
    left -= part.byteLength
    return left > 0 ? write(part) : write(part, () => request.socket.destroySoon())
  }) as ServerResponse['write']
}
