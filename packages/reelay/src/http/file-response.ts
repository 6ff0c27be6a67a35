import type { ServerResponse } from 'node:http'
import { pipeline } from 'node:stream/promises'
import type { FileStream } from '../files/files.ts'
import { webStreamOf } from './web-stream.ts'

const files = new WeakMap<Response, FileStream>()

/** A response whose body is a file. Whoever has a socket sends it by `sendFileBody`, everybody else reads the body. */
export function fileResponse(stream: FileStream, init: ResponseInit): Response {
  const response = new Response(webStreamOf(stream), init)
  files.set(response, stream)
  return response
}

/**
 * Sends the response of a file from disk to socket, without a web stream in between: that costs a promise and a copy of the
 * bookkeeping for each chunk, and a wait for the first. False for any other response.
 */
export function sendFileBody(response: Response, outgoing: ServerResponse): boolean {
  const stream = files.get(response)
  if (stream === undefined) return false
  outgoing.writeHead(response.status, Object.fromEntries(response.headers))
  const sending = stream.sendTo?.(outgoing) ?? pipeline(stream, outgoing)
  // A client that leaves closes the file; a file that breaks off breaks the connection, so that nobody takes it for whole.
  sending.catch(() => undefined)
  return true
}
