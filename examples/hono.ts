/** Signed webhooks of a Reelay gateway in Hono. `node examples/hono.ts`; settings: see README.md. */
import { serve } from '@hono/node-server'
import { createReceiver } from '@reelay/sdk'
import { honoReceiver } from '@reelay/sdk/hono'
import { createSqliteStore } from '@reelay/sdk/sqlite'
import { Hono } from 'hono'

const { PORT = '3000', REELAY_WEBHOOK_SECRET = '', STORE = ':memory:' } = process.env

const store = createSqliteStore(STORE)
const receiver = createReceiver({
  secret: REELAY_WEBHOOK_SECRET,
  store,
  onEvent: ({ type, taskId }) => console.log(`${type} ${taskId ?? ''}`),
  onError: (error) => console.error(error.code, error.message),
})
await receiver.resume()

const app = new Hono()
app.post('/webhooks', honoReceiver(receiver))

const server = serve({ fetch: app.fetch, port: Number(PORT), hostname: '127.0.0.1' }, ({ port }) =>
  console.log(`listening on http://127.0.0.1:${port}/webhooks`),
)

process.once('SIGTERM', () => void stop())
process.once('SIGINT', () => void stop())

async function stop(): Promise<void> {
  server.close()
  await receiver.close()
  store.close()
}
