import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { Socket } from 'node:net'

/** One whole answer. */
export type Reply = { status: number; headers?: Readonly<Record<string, string>>; body: string | Uint8Array }

/** What a server does once it has read a request whole. */
export type Behaviour = (request: SeenRequest, response: ServerResponse) => void

export type SeenRequest = {
  method: string
  path: string
  headers: IncomingMessage['headers']
  body: string
}

export type FaultServer = {
  baseUrl: string
  seen: SeenRequest[]
  /** Resolves once `count` requests were read whole. */
  untilSeen(count: number): Promise<void>
  posts(): number
  close(): Promise<void>
}

export const json = (
  status: number,
  value: unknown,
  headers: Readonly<Record<string, string>> = {},
): Reply => ({
  status,
  headers: { 'content-type': 'application/json', ...headers },
  body: JSON.stringify(value),
})

export const html = (status: number, headers: Readonly<Record<string, string>> = {}): Reply => ({
  status,
  headers: { 'content-type': 'text/html; charset=utf-8', ...headers },
  body: '<html><body>{"id":"no"}</body></html>',
})

export const answer =
  ({ status, headers = {}, body }: Reply): Behaviour =>
  (_request, response) => {
    const length = String(Buffer.byteLength(body))
    response.writeHead(status, { 'content-length': length, ...headers }).end(body)
  }

export const reset: Behaviour = (_request, response) => {
  response.socket?.resetAndDestroy()
}

export const hangUp: Behaviour = (_request, response) => {
  response.socket?.destroy()
}

export const silence: Behaviour = () => {}

/** Bytes that are no HTTP. */
export const garbage: Behaviour = (_request, response) => {
  response.socket?.end('\u0000\u0001 what is this\r\n\r\n')
}

/** Announces the whole of `text` and breaks off in the middle. */
export const brokenOff =
  (text: string, contentType: string): Behaviour =>
  (_request, response) => {
    response.writeHead(200, { 'content-type': contentType, 'content-length': String(text.length) })
    response.write(text.slice(0, Math.floor(text.length / 2)), () => response.socket?.destroy())
  }

/** A server on loopback that reads each request whole and then misbehaves as told; on a port of the system's choice, or that one. */
export async function startFaultServer(behave: Behaviour, port = 0): Promise<FaultServer> {
  const seen: SeenRequest[] = []
  const waiting: { count: number; wake: () => void }[] = []
  const sockets = new Set<Socket>()
  const server = createServer((request, response) => {
    const chunks: Buffer[] = []
    request.on('data', (chunk: Buffer) => chunks.push(chunk))
    request.on('error', () => {})
    request.on('end', () => {
      const { method = '', url: path = '', headers } = request
      const read = { method, path, headers, body: Buffer.concat(chunks).toString('utf8') }
      seen.push(read)
      for (const waiter of waiting) if (seen.length >= waiter.count) waiter.wake()
      behave(read, response)
    })
  })
  server.on('connection', (socket) => {
    sockets.add(socket)
    socket.on('error', () => {})
    socket.once('close', () => sockets.delete(socket))
  })
  await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve))
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error('The server has no port.')
  return {
    baseUrl: `http://127.0.0.1:${address.port}`,
    seen,
    untilSeen: async (count) => {
      if (seen.length < count) await new Promise<void>((wake) => waiting.push({ count, wake }))
    },
    posts: () => seen.filter(({ method }) => method === 'POST').length,
    close: async () => {
      for (const socket of sockets) socket.destroy()
      await new Promise<void>((resolve) => server.close(() => resolve()))
    },
  }
}
