import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { text } from 'node:stream/consumers'
import { clipBytes } from '@reelay/simulator'
import { listen } from '../../src/net/test-server.ts'

const MP4 = clipBytes('mp4')

/** One request as a server got it, all of it. */
export type SeenRequest = { method: string; url: string; headers: IncomingMessage['headers']; body: string }

/** A server of a test, and everything that reached it. */
export interface SeeingServer {
  readonly url: string
  readonly seen: readonly SeenRequest[]
  /** Resolves once a request that matches was seen, past ones included. */
  untilSeen(match: (request: SeenRequest) => boolean): Promise<void>
  close(): void
}

type Reply = { status: number; type: string; body: string | Uint8Array; headers?: Record<string, string> }

async function start(answer: (request: SeenRequest) => Reply): Promise<SeeingServer> {
  const seen: SeenRequest[] = []
  let changed = Promise.withResolvers<void>()
  const handle = async (incoming: IncomingMessage, response: ServerResponse): Promise<void> => {
    const { method = '', url = '', headers } = incoming
    const request = { method, url, headers, body: await text(incoming) }
    seen.push(request)
    changed.resolve()
    changed = Promise.withResolvers()
    const { status, type, body, headers: more } = answer(request)
    response.writeHead(status, { 'content-type': type, ...more }).end(body)
  }
  const server = createServer((incoming, response) => void handle(incoming, response))
  const port = await listen(server)
  return {
    url: `http://127.0.0.1:${port}`,
    seen,
    untilSeen: async (match) => {
      while (!seen.some(match)) await changed.promise
    },
    close: () => {
      server.close()
      server.closeAllConnections()
    },
  }
}

const json = (status: number, body: object): Reply => ({
  status,
  type: 'application/json',
  body: JSON.stringify(body),
})

/**
 * A provider that repeats the credentials of a request in whatever it answers, as a debugging proxy or a careless error
 * page does. Prompts say where: `echo-400`, `echo-401`, `echo-500` at the create, `echo-failed` and `echo-poll` at a look,
 * `echo-link` behind the link; all others complete.
 */
export async function startEchoingProvider(): Promise<SeeingServer> {
  const prompts = new Map<string, string>()
  let polls = 0
  const server: SeeingServer = await start((request) => {
    const { method, url, headers, body } = request
    const echo = `You sent ${headers.authorization ?? 'nothing'} to ${headers.host ?? ''}${url}`
    const error = { error: { code: 'invalid_request', message: echo, type: 'error' } }
    const [, id] = /^\/v1\/videos\/(\w+)$/.exec(url) ?? []
    if (url.startsWith('/files/')) {
      return url.includes('echo-link')
        ? { status: 200, type: 'text/html', body: echo, headers: { 'x-echo': echo } }
        : { status: 200, type: 'video/mp4', body: MP4 }
    }
    if (method === 'POST' && url === '/v1/videos') {
      const at = ['echo-400', 'echo-401', 'echo-500'].find((marker) => body.includes(marker))
      if (at === 'echo-500') return { status: 500, type: 'text/html', body: echo }
      if (at !== undefined) return json(Number(at.slice(-3)), error)
      const made = `task_${prompts.size}`
      prompts.set(
        made,
        ['echo-failed', 'echo-poll', 'echo-link'].find((marker) => body.includes(marker)) ?? 'plain',
      )
      return json(200, { id: made, object: 'video', status: 'queued' })
    }
    if (id === undefined) return json(404, error)
    const prompt = prompts.get(id) ?? ''
    if (prompt === 'echo-failed') return json(200, { id, object: 'video', status: 'failed', ...error })
    if (prompt === 'echo-poll') {
      polls += 1
      if (polls === 1) return json(500, error)
    }
    return json(200, {
      id,
      object: 'video',
      status: 'completed',
      video_url: `${server.url}/files/${id}-${prompt}.mp4`,
    })
  })
  return server
}

/** A receiver of webhooks that refuses each event once, and repeats its headers. */
export async function startEchoingReceiver(): Promise<SeeingServer> {
  const known = new Set<string>()
  return start(({ headers, url }) => {
    const event = `${url} ${String(headers['webhook-id'])}`
    const isFirst = !known.has(event)
    known.add(event)
    return { status: isFirst ? 500 : 200, type: 'text/plain', body: JSON.stringify(headers) }
  })
}
