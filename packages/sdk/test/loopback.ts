import { once } from 'node:events'
import { createServer, type IncomingMessage, type RequestListener, type Server } from 'node:http'

export type Loopback = AsyncDisposable & { readonly server: Server; readonly baseURL: string }

/**
 * A real server on a free port of 127.0.0.1, closed with all its connections when the test leaves its scope.
 */
export async function loopback(listener: RequestListener): Promise<Loopback> {
  const server = createServer(listener)
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error('the server has no port')
  return {
    server,
    baseURL: `http://127.0.0.1:${address.port}`,
    [Symbol.asyncDispose]: async () => {
      server.closeAllConnections()
      server.close()
      await once(server, 'close')
    },
  }
}

export async function bodyOf(request: IncomingMessage): Promise<Buffer> {
  const parts: Buffer[] = []
  for await (const part of request) {
    if (part instanceof Buffer) parts.push(part)
  }
  return Buffer.concat(parts)
}
