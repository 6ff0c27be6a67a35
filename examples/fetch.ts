/**
 * Signed webhooks where a server is a function from `Request` to `Response`: Bun.serve({ fetch: handle }),
 * Deno.serve(handle), a worker's fetch. `node examples/fetch.ts` serves the same function in Node.
 */
import { serve } from '@hono/node-server'
import { createReceiver } from '@reelay/sdk'
import { fetchReceiver } from '@reelay/sdk/fetch'

const { PORT = '3000', REELAY_WEBHOOK_SECRET = '' } = process.env

const receiver = createReceiver({
  secret: REELAY_WEBHOOK_SECRET,
  // In memory, for lack of node:sqlite elsewhere: implement ReceiverStore on your database.
  onEvent: ({ type, taskId }) => console.log(`${type} ${taskId ?? ''}`),
  onError: (error) => console.error(error.code, error.message),
})
const receive = fetchReceiver(receiver)

const handle = (request: Request): Response | Promise<Response> =>
  new URL(request.url).pathname === '/webhooks'
    ? receive(request)
    : new Response('Not found', { status: 404 })

const server = serve({ fetch: handle, port: Number(PORT), hostname: '127.0.0.1' }, ({ port }) =>
  console.log(`listening on http://127.0.0.1:${port}/webhooks`),
)

process.once('SIGTERM', () => void stop())
process.once('SIGINT', () => void stop())

async function stop(): Promise<void> {
  server.close()
  await receiver.close()
}
