import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import { readFileSync } from 'node:fs'
import { z } from 'zod'
import { listen } from '../../src/net/test-server.ts'

const frame = z.object({ type: z.literal('image'), url: z.url() })
const create = z.object({
  model: z.string(),
  prompt: z.string(),
  keyframes: z.object({ frame0: frame.optional(), frame1: frame.optional() }).optional(),
})

/** What a job of the provider was made of. */
export type FetchedPicture = { url: string; type: string | null; bytes: Buffer }

const ROOT = '/dream-machine/v1/generations'
const CLIP = new URL('../../../simulator/clips/clip.mp4', import.meta.url)

/** Speaks Luma's protocol: it fetches the pictures of a create by their addresses before it takes it. */
export class FetchingProvider {
  readonly #server: Server
  readonly url: string
  /** Where an address on the internet leads: there are no names in a test. */
  route: (url: string) => string = (url) => url
  /** Creates that came, taken or not. */
  creates = 0
  /** While false, jobs go on running. */
  isDone = true
  readonly #taken = Promise.withResolvers<readonly FetchedPicture[]>()

  private constructor(server: Server, url: string) {
    this.#server = server
    this.url = url
  }

  static async open(): Promise<FetchingProvider> {
    const server = createServer()
    const provider = new FetchingProvider(server, `http://127.0.0.1:${await listen(server)}`)
    server.on('request', (request, response) => void provider.#answer(request, response))
    return provider
  }

  /** The pictures of the first job that is taken. */
  untilTaken(): Promise<readonly FetchedPicture[]> {
    return this.#taken.promise
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { method, url: path = '' } = request
    if (method === 'POST' && path === `${ROOT}/video`) return this.#create(request, response)
    if (method === 'GET' && path.startsWith(`${ROOT}/`)) return this.#look(path, response)
    if (method === 'GET' && path === '/out.mp4') {
      response.writeHead(200, { 'content-type': 'video/mp4' }).end(readFileSync(CLIP))
      return
    }
    send(response, 404, { detail: 'Not Found' })
  }

  async #create(request: IncomingMessage, response: ServerResponse): Promise<void> {
    this.creates += 1
    const parts: Buffer[] = []
    for await (const part of request) parts.push(part as Buffer)
    const { keyframes = {} } = create.parse(JSON.parse(Buffer.concat(parts).toString()))
    const pictures: FetchedPicture[] = []
    for (const { url } of [keyframes.frame0, keyframes.frame1].filter((given) => given !== undefined)) {
      const fetched = await fetch(this.route(url))
      const type = fetched.headers.get('content-type')
      const bytes = Buffer.from(await fetched.arrayBuffer())
      if (fetched.status !== 200 || type?.startsWith('image/') !== true) {
        return send(response, 400, { detail: 'Failed to read user input frames' })
      }
      pictures.push({ url, type, bytes })
    }
    send(response, 201, generation('job-1', 'queued'))
    this.#taken.resolve(pictures)
  }

  #look(path: string, response: ServerResponse): void {
    const id = path.slice(ROOT.length + 1)
    const assets = this.isDone ? { video: `${this.url}/out.mp4` } : null
    send(response, 200, { ...generation(id, this.isDone ? 'completed' : 'dreaming'), assets })
  }

  async close(): Promise<void> {
    this.#server.closeAllConnections()
    await new Promise((resolve) => this.#server.close(resolve))
  }
}

const generation = (id: string, state: string): object => ({
  id,
  generation_type: 'video',
  state,
  failure_reason: null,
  created_at: '2026-01-01T00:00:00.000Z',
  assets: null,
  model: 'ray-2',
})

function send(response: ServerResponse, status: number, body: object): void {
  response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body))
}
