/* oxlint-disable no-console -- the handler is the documented one, word for word */
import express from 'express'

const app = express()
app.use(express.json({ limit: '2mb' }))

app.post('/cometapi/video-webhook', async (request, response) => {
  const event = request.body

  console.log('Task ID:', event.task_id || event.id)
  console.log('Status:', event.status)

  response.status(200).json({ received: true })
})

// The page listens on port 3000; a test takes a free one, on loopback.
const server = app.listen(0, '127.0.0.1', () => process.send?.(server.address()))
process.once('disconnect', () => process.exit())
