import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import { clipBytes } from '@reelay/simulator'
import type { Ports } from '../../src/net/test-attacks.ts'
import { listen } from '../../src/net/test-server.ts'

const PNG = Buffer.from(
  'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==',
  'base64',
)
const MP4 = clipBytes('mp4')

/** What both servers serve: what the place under test would take, so that only the guard can stop it. */
export type Content = 'image' | 'video'

/**
 * The servers of the attacks: one that stands in for the public internet and may be dialled, which also redirects, and a
 * secret one. Beside them a provider that answers any link as its result.
 */
export interface StandIns {
  readonly ports: Ports
  /** For the provider's base URL. */
  readonly providerPort: number
  content: Content
  /** How often the secret server was reached. */
  readonly secretsTold: number
  /** The link of every job that the provider makes from now on; null: they fail. */
  link: string | null
  close(): void
}

class Servers implements StandIns {
  ports: Ports = { open: 0, secret: 0 }
  providerPort = 0
  content: Content = 'image'
  secretsTold = 0
  link: string | null = null
  readonly #links = new Map<string, string | null>()
  readonly #open = createServer((request, response) => this.#answerOpen(request, response))
  readonly #secret = createServer((_request, response) => {
    this.secretsTold += 1
    this.#serve(response)
  })
  readonly #provider = createServer((request, response) => this.#answerAsProvider(request, response))

  async listen(): Promise<void> {
    this.ports = { open: await listen(this.#open), secret: await listen(this.#secret) }
    this.providerPort = await listen(this.#provider)
  }

  close(): void {
    for (const server of this.#all()) {
      server.close()
      server.closeAllConnections()
    }
  }

  #all(): readonly Server[] {
    return [this.#open, this.#secret, this.#provider]
  }

  #serve(response: ServerResponse): void {
    if (this.content === 'image') response.writeHead(200, { 'content-type': 'image/png' }).end(PNG)
    else response.writeHead(200, { 'content-type': 'video/mp4' }).end(MP4)
  }

  #answerOpen(request: IncomingMessage, response: ServerResponse): void {
    request.resume()
    const url = new URL(request.url ?? '/', 'http://stand.in')
    const location = url.searchParams.get('to')
    if (location === null) this.#serve(response)
    else response.writeHead(Number(url.pathname.slice(1)), { location }).end()
  }

  #answerAsProvider(request: IncomingMessage, response: ServerResponse): void {
    request.resume()
    const answer = (body: object): void =>
      void response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(body))
    const [, id] = /^\/v1\/videos\/(\w+)/.exec(request.url ?? '') ?? []
    if (request.method === 'POST') {
      const made = `task_${this.#links.size}`
      this.#links.set(made, this.link)
      answer({ id: made, object: 'video', status: 'queued', progress: 0 })
    } else if (id === undefined) answer({ object: 'list', data: [] })
    else {
      const link = this.#links.get(id) ?? null
      const end =
        link === null
          ? { status: 'failed', error: { code: 'refused', message: 'no' } }
          : { status: 'completed', video_url: link }
      answer({ id, object: 'video', ...end })
    }
  }
}

export async function startStandIns(): Promise<StandIns> {
  const servers = new Servers()
  await servers.listen()
  return servers
}
