/** Signed webhooks of a Reelay gateway in Express. `node examples/express.ts`; settings: see README.md. */
import { createClient, createReceiver, type VideoEvent } from '@reelay/sdk'
import { expressReceiver } from '@reelay/sdk/express'
import { createSqliteStore } from '@reelay/sdk/sqlite'
import express from 'express'

const {
  PORT = '3000',
  REELAY_URL,
  REELAY_API_KEY,
  REELAY_WEBHOOK_SECRET = '',
  STORE = ':memory:',
} = process.env

const store = createSqliteStore(STORE)
const receiver = createReceiver({
  secret: REELAY_WEBHOOK_SECRET,
  // Without a client, signed events work and lost ones cannot be polled for.
  client:
    REELAY_URL === undefined ? undefined : createClient({ baseURL: REELAY_URL, apiKey: REELAY_API_KEY }),
  store,
  onEvent: (event) => console.log(describe(event)),
  onError: (error) => console.error(error.code, error.message),
})
await receiver.resume()

const app = express()
// Before express.json(): signatures cover the bytes as they arrived.
app.post('/webhooks', expressReceiver(receiver))
app.use(express.json())

const server = app.listen(Number(PORT), '127.0.0.1', () => {
  const address = server.address()
  if (address !== null && typeof address === 'object') {
    console.log(`listening on http://127.0.0.1:${address.port}/webhooks`)
  }
})

process.once('SIGTERM', () => void stop())
process.once('SIGINT', () => void stop())

async function stop(): Promise<void> {
  server.close()
  server.closeIdleConnections()
  await receiver.close()
  store.close()
}

function describe(event: VideoEvent): string {
  if (event.type === 'webhook.test') return `${event.type} ${event.message ?? ''}`
  return `${event.type} ${event.taskId} ${event.videoUrl ?? event.error?.message ?? ''}`
}
