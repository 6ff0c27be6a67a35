/**
 * CometAPI without a gateway: its callbacks are not signed and differ by model, so nothing in them is believed.
 * The state that the application sees is the one that polling confirms. `node examples/comet-direct.ts`
 *
 * POST /videos with { "model", "prompt" } starts a video and tracks it, so that its end is seen even when no
 * callback ever comes.
 */
import { createClient, createReceiver } from '@reelay/sdk'
import { expressReceiver } from '@reelay/sdk/express'
import { createSqliteStore } from '@reelay/sdk/sqlite'
import express, { json } from 'express'

const {
  PORT = '3000',
  COMETAPI_URL = 'https://api.cometapi.com',
  COMETAPI_KEY,
  STORE = ':memory:',
  // Long and random in earnest: it is all that a stranger would have to guess.
  CALLBACK_TOKEN = 'change-me',
} = process.env

const client = createClient({ baseURL: COMETAPI_URL, apiKey: COMETAPI_KEY, createEncoding: 'multipart' })
const store = createSqliteStore(STORE)
const receiver = createReceiver({
  client,
  store,
  onEvent: (event) => {
    if (event.type === 'webhook.test') return
    // Some models answer no link: client.videos.download(event.taskId) reads the file then.
    console.log(`${event.type} ${event.taskId} ${event.videoUrl ?? 'no link'}`)
  },
  onError: (error) => console.error(error.code, error.message),
})
await receiver.resume()

const app = express()
app.post(`/cometapi/video-webhook/${CALLBACK_TOKEN}`, expressReceiver(receiver))
app.post('/videos', json(), async (request, response) => {
  const { model, prompt } = request.body
  const video = await client.videos.create({ model: String(model), prompt: String(prompt) })
  await receiver.track(video.id)
  response.status(202).json({ id: video.id })
})

const server = app.listen(Number(PORT), '127.0.0.1', () => {
  const address = server.address()
  if (address !== null && typeof address === 'object') {
    console.log(`listening on http://127.0.0.1:${address.port}/cometapi/video-webhook/${CALLBACK_TOKEN}`)
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
