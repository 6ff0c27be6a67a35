// The handler that CometAPI documents for its callbacks, as it stands there but for the layout and the port: it
// must work with the webhooks of a Reelay gateway as they are.
import express from 'express'

const app = express()
app.use(express.json({ limit: '2mb' }))

app.post('/cometapi/video-webhook', async (request, response) => {
  const event = request.body

  console.log('Task ID:', event.task_id || event.id)
  console.log('Status:', event.status)

  response.status(200).json({ received: true })
})

app.listen(Number(process.env['PORT'] ?? 3000))
