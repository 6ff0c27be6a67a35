import { createServer, type IncomingMessage, type RequestListener } from 'node:http'
import { createServer as createTcpServer, type Server, type Socket } from 'node:net'

/** One request as a test server got it, its body read to the end. */
type SeenRequest = { method: string; path: string; headers: IncomingMessage['headers']; body: string }

export type TestServer = {
  port: number
  seen: SeenRequest[]
  connections: () => number
  close(): Promise<void>
}

/** Starts a server on loopback, on a port of the system's choice, and tells it. */
export async function listen(server: Server): Promise<number> {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error('The server has no port.')
  return address.port
}

async function serve(server: Server, seen: SeenRequest[]): Promise<TestServer> {
  const open = new Set<Socket>()
  let connections = 0
  server.on('connection', (socket: Socket) => {
    connections += 1
    open.add(socket)
    socket.on('error', () => {})
    socket.once('close', () => open.delete(socket))
  })
  const close = async (): Promise<void> => {
    for (const socket of open) socket.destroy()
    await new Promise<void>((resolve) => server.close(() => resolve()))
  }
  return { port: await listen(server), seen, connections: () => connections, close }
}

/** An HTTP server on loopback that keeps what it was asked. */
export async function startServer(answer: RequestListener): Promise<TestServer> {
  const seen: SeenRequest[] = []
  const server = createServer((request, response) => {
    let body = ''
    request.setEncoding('utf8')
    request.on('data', (chunk: string) => (body += chunk))
    request.on('end', () => {
      seen.push({ method: request.method ?? '', path: request.url ?? '', headers: request.headers, body })
      answer(request, response)
    })
  })
  return serve(server, seen)
}

/**
 * A TCP server on loopback that writes `text` once it has got something, and then ends or resets the
 * connection.
 */
export async function startRawServer(text: string, ending: 'end' | 'reset' | 'stay'): Promise<TestServer> {
  const server = createTcpServer((socket) => {
    socket.once('data', () => {
      socket.write(text, () => {
        if (ending === 'end') socket.end()
        if (ending === 'reset') socket.resetAndDestroy()
      })
    })
  })
  return serve(server, [])
}
