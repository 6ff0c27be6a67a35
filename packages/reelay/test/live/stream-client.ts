import { request, type IncomingMessage } from 'node:http'
import { Readable } from 'node:stream'
import { EventReader } from '../../src/http/test-event-reader.ts'

export type StreamClient = {
  reader: EventReader
  status: number
  response: IncomingMessage
  leave: () => void
}

/** Opens a stream on a connection of its own. */
export function openStream(
  base: string,
  path: string,
  { key, lastEventId }: { key: string; lastEventId?: string },
): Promise<StreamClient> {
  const headers = {
    authorization: `Bearer ${key}`,
    accept: 'text/event-stream',
    ...(lastEventId === undefined ? {} : { 'last-event-id': lastEventId }),
  }
  return new Promise((resolve, reject) => {
    const outgoing = request(new URL(path, base), { headers, agent: false }, (response) => {
      response.on('error', () => undefined)
      const body = Readable.toWeb(response) as ReadableStream<Uint8Array>
      const reader = new EventReader(new Response(body))
      resolve({ reader, status: response.statusCode ?? 0, response, leave: () => void outgoing.destroy() })
    })
    outgoing.on('error', reject)
    outgoing.end()
  })
}
