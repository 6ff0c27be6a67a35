import { once } from 'node:events'
import { createServer } from 'node:http'

/** A provider that takes its time for each answer, and says that every job runs. Counts what it was asked. */
export type SlowUpstream = AsyncDisposable & { url: string; readonly looks: number }

export async function openSlowUpstream(answerMs: number): Promise<SlowUpstream> {
  let looks = 0
  const server = createServer((request, response) => {
    const id = request.url?.split('/').at(-1)
    const body = JSON.stringify({ id, object: 'video', status: 'in_progress', progress: 0 })
    setTimeout(() => {
      looks += 1
      response.writeHead(200, { 'content-type': 'application/json' }).end(body)
    }, answerMs)
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error('not listening on a port')
  return {
    url: `http://127.0.0.1:${address.port}`,
    get looks() {
      return looks
    },
    [Symbol.asyncDispose]: async () => {
      server.closeAllConnections()
      server.close()
      await once(server, 'close')
    },
  }
}
