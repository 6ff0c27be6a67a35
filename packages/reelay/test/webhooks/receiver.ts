import { once } from 'node:events'
import { createServer, type IncomingHttpHeaders, type IncomingMessage, type ServerResponse } from 'node:http'
import { buffer } from 'node:stream/consumers'

/** One delivery as it came over the wire. */
export type Received = {
  path: string
  headers: Record<string, string>
  raw: string
  event: Record<string, unknown>
  /** Resolves when the connection is closed, by whichever side. */
  closed: Promise<void>
}

/** @param call counts from 1 */
export type Answering = (response: ServerResponse, call: number, request: IncomingMessage) => void

const answer204: Answering = (response) => void response.writeHead(204).end()

/** An application's server on loopback, that keeps what it is sent. */
export class Receiver {
  readonly received: Received[] = []
  readonly url: string
  readonly #server: ReturnType<typeof createServer>
  #watch = Promise.withResolvers<void>()

  private constructor(server: ReturnType<typeof createServer>, port: number, answering: Answering) {
    this.#server = server
    this.url = `http://127.0.0.1:${port}/hook`
    server.on('request', (request, response) => void this.#take(request, response, answering))
  }

  static async open(answering: Answering = answer204): Promise<Receiver> {
    const server = createServer()
    server.listen(0, '127.0.0.1')
    await once(server, 'listening')
    const address = server.address()
    if (address === null || typeof address === 'string') throw new Error('not listening on a port')
    return new Receiver(server, address.port, answering)
  }

  /** The `count`-th delivery, past ones included. The test's time limit bounds the wait. */
  async nth(count: number): Promise<Received> {
    while (this.received.length < count) await this.#watch.promise
    return this.received[count - 1]!
  }

  async #take(request: IncomingMessage, response: ServerResponse, answering: Answering): Promise<void> {
    const closed = new Promise<void>((resolve) => request.socket.once('close', () => resolve()))
    const raw = (await buffer(request)).toString('utf8')
    response.on('error', () => {})
    const event = JSON.parse(raw) as Record<string, unknown>
    const headers = flat(request.headers)
    this.received.push({ path: request.url ?? '', headers, raw, event, closed })
    answering(response, this.received.length, request)
    this.#watch.resolve()
    this.#watch = Promise.withResolvers<void>()
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#server.closeAllConnections()
    this.#server.close()
    await once(this.#server, 'close')
  }
}

const flat = (headers: IncomingHttpHeaders): Record<string, string> =>
  Object.fromEntries(Object.entries(headers).map(([name, value]) => [name, String(value)]))
