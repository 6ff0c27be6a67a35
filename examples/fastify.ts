/** Signed webhooks of a Reelay gateway in Fastify. `node examples/fastify.ts`; settings: see README.md. */
import { createReceiver } from '@reelay/sdk'
import { fastifyReceiver } from '@reelay/sdk/fastify'
import { createSqliteStore } from '@reelay/sdk/sqlite'
import fastify from 'fastify'

const { PORT = '3000', REELAY_WEBHOOK_SECRET = '', STORE = ':memory:' } = process.env

const store = createSqliteStore(STORE)
const receiver = createReceiver({
  secret: REELAY_WEBHOOK_SECRET,
  store,
  onEvent: ({ type, taskId }) => console.log(`${type} ${taskId ?? ''}`),
  onError: (error) => console.error(error.code, error.message),
})
await receiver.resume()

// Fastify sets no time limit for a request of its own accord.
const app = fastify({ requestTimeout: 30_000, forceCloseConnections: 'idle' })
await app.register(fastifyReceiver(receiver), { prefix: '/webhooks' })

const origin = await app.listen({ port: Number(PORT), host: '127.0.0.1' })
console.log(`listening on ${origin}/webhooks`)

process.once('SIGTERM', () => void stop())
process.once('SIGINT', () => void stop())

async function stop(): Promise<void> {
  await app.close()
  await receiver.close()
  store.close()
}
