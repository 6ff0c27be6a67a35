import { createServer } from 'node:http'
import { once } from 'node:events'

/** An application of somebody else: another origin, whose page embeds what the gateway serves. */
export async function startApplication(body: string): Promise<{ url: string; close(): Promise<void> }> {
  const server = createServer((_request, response) => {
    response.writeHead(200, { 'content-type': 'text/html', connection: 'close' })
    response.end(`<!doctype html><title>application</title>${body}`)
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  if (address === null || typeof address === 'string')
    throw new Error('the application did not listen on a port')
  return {
    url: `http://127.0.0.1:${address.port}/`,
    close: async () => {
      server.close()
      server.closeAllConnections()
      await once(server, 'close')
    },
  }
}
