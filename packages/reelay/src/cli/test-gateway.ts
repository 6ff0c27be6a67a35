import { once } from 'node:events'
import { createServer, type IncomingMessage } from 'node:http'
import type { Video } from '@reelay/sdk'

/** A request as the test gateway saw it. */
export type SeenRequest = {
  method: string
  /** With the query. */
  path: string
  headers: IncomingMessage['headers']
  body: string
}

/** What to answer: JSON, or bytes of the given type. */
export type GatewayReply = {
  status?: number
  json?: unknown
  bytes?: Buffer
  headers?: Record<string, string>
}

type Handler = (request: SeenRequest, index: number) => GatewayReply | Promise<GatewayReply>

export type TestGateway = AsyncDisposable & { readonly url: string; readonly seen: readonly SeenRequest[] }

/** A gateway on a free port of this machine that answers what the test says. */
export async function testGateway(handler: Handler): Promise<TestGateway> {
  const seen: SeenRequest[] = []
  const server = createServer((request, response) => {
    const answer = async (): Promise<void> => {
      const body = await readBody(request)
      const { method = '', url = '', headers } = request
      const entry = { method, path: url, headers, body }
      const reply = await handler(entry, seen.push(entry) - 1)
      const content = reply.bytes ?? JSON.stringify(reply.json ?? {})
      response.writeHead(reply.status ?? 200, {
        'content-type': reply.bytes === undefined ? 'application/json' : 'video/mp4',
        'content-length': Buffer.byteLength(content),
        'reelay-version': '0.1.0',
        'preference-applied': 'wait=20',
        ...reply.headers,
      })
      response.end(content)
    }
    answer().catch((error: unknown) => response.destroy(error instanceof Error ? error : undefined))
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error('the server has no port')
  return {
    url: `http://127.0.0.1:${address.port}`,
    seen,
    [Symbol.asyncDispose]: async () => {
      server.closeAllConnections()
      server.close()
      await once(server, 'close')
    },
  }
}

async function readBody(request: IncomingMessage): Promise<string> {
  const parts: Buffer[] = []
  for await (const part of request) if (part instanceof Buffer) parts.push(part)
  return Buffer.concat(parts).toString()
}

/** A task object; made 90 s before the test clock's start. */
export const video = (changes: Partial<Video> = {}): Video => ({
  id: 'video_1',
  task_id: changes.id ?? 'video_1',
  object: 'video',
  model: 'local/preview',
  status: 'queued',
  progress: 0,
  created_at: 1_789_999_910,
  completed_at: null,
  expires_at: null,
  prompt: 'a paper boat',
  size: '1280x720',
  seconds: '5',
  remixed_from_video_id: null,
  error: null,
  ...changes,
})

/** A completed task object, which took 40 s. */
export const completedVideo = (changes: Partial<Video> = {}): Video =>
  video({ status: 'completed', progress: 100, completed_at: 1_789_999_950, ...changes })

/** The error envelope as an answer. */
export const refusal = (status: number, code: string, message: string): GatewayReply => ({
  status,
  json: { error: { message, type: 'invalid_request_error', param: null, code } },
})
