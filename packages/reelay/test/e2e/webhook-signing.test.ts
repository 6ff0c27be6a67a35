import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer, type IncomingHttpHeaders } from 'node:http'
import { text } from 'node:stream/consumers'
import { test } from 'node:test'
import { createClient } from '@reelay/sdk'
import { Webhook } from 'standardwebhooks'
import { create } from './client.ts'
import { openGateway, type OpenGateway } from './open-gateway.ts'

type Received = { path: string; headers: IncomingHttpHeaders; body: string }

interface Receiver extends AsyncDisposable {
  readonly url: string
  /** The next request, or one that came before anybody asked. */
  next(): Promise<Received>
}

/** Answers with the status that its path names. */
async function startReceiver(): Promise<Receiver> {
  const arrived: Received[] = []
  let waiting = Promise.withResolvers<void>()
  const server = createServer((request, response) => {
    const answer = async (): Promise<void> => {
      const { url: path = '', headers } = request
      arrived.push({ path, headers, body: await text(request) })
      response.writeHead(Number(path.slice(1))).end('so be it')
      waiting.resolve()
    }
    answer().catch(() => response.destroy())
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  assert.ok(address !== null && typeof address === 'object')
  return {
    url: `http://127.0.0.1:${address.port}`,
    next: async () => {
      while (arrived.length === 0) {
        await waiting.promise
        waiting = Promise.withResolvers()
      }
      return arrived.shift()!
    },
    [Symbol.asyncDispose]: async () => {
      server.closeAllConnections()
      server.close()
      await once(server, 'close')
    },
  }
}

/** Resolves after the next attempt is written. Ask before it can happen. */
function untilWritten({ reelay }: OpenGateway): Promise<void> {
  const written = Promise.withResolvers<void>()
  const { webhooks } = reelay.store
  const commit = webhooks.commitDelivery.bind(webhooks)
  webhooks.commitDelivery = async (move) => {
    const isWritten = await commit(move)
    written.resolve()
    return isWritten
  }
  return written.promise
}

const verified = ({ headers, body }: Received, secret: string | undefined): unknown =>
  new Webhook(secret ?? '').verify(body, headers as Record<string, string>)

const LOCAL = { REELAY_PROVIDERS: 'local' }
const WITHIN = { timeout: 30_000 }

test('what the API hands out verifies what arrives, also while a secret is rotated out', WITHIN, async () => {
  await using receiver = await startReceiver()
  const gateway = await openGateway(LOCAL)
  try {
    const client = createClient({ baseURL: gateway.url, apiKey: gateway.key })
    const { id, secret: first } = await client.endpoints.create({ url: `${receiver.url}/200` })
    const { secret: second } = await client.endpoints.rotateSecret(id, { overlapSeconds: 600 })
    const written = untilWritten(gateway)
    const sent = await client.endpoints.test(id)
    const received = await receiver.next()
    for (const secret of [first, second]) {
      const event = verified(received, secret) as Record<string, unknown>
      assert.deepEqual([event['id'], event['type'], event['task_id']], [sent.event_id, 'webhook.test', null])
    }
    const { secret: third } = await client.endpoints.rotateSecret(id, { overlapSeconds: 0 })
    await written
    const delivery = await client.deliveries.retrieve(sent.id)
    assert.deepEqual([delivery.status, delivery.attempts], ['delivered', 1])
    const [attempt] = delivery.attempts_log ?? []
    assert.deepEqual(
      [attempt?.n, attempt?.status_code, attempt?.error, attempt?.response_body],
      [1, 200, null, 'so be it'],
    )
    await client.deliveries.resend(sent.id)
    const again = await receiver.next()
    assert.equal(again.headers['webhook-id'], sent.event_id)
    assert.ok(verified(again, third))
    assert.throws(() => verified(again, second))
  } finally {
    await gateway.stop()
  }
})

test('a receiver that answers 410 is not sent to again until somebody enables it', WITHIN, async () => {
  await using receiver = await startReceiver()
  const gateway = await openGateway(LOCAL)
  try {
    const client = createClient({ baseURL: gateway.url, apiKey: gateway.key })
    const { id } = await client.endpoints.create({ url: `${receiver.url}/410` })
    const written = untilWritten(gateway)
    const sent = await client.endpoints.test(id)
    await receiver.next()
    await written
    const disabled = await client.endpoints.retrieve(id)
    assert.deepEqual([disabled.enabled, disabled.disabled_reason], [false, 'gone'])
    assert.equal((await client.deliveries.retrieve(sent.id)).status, 'cancelled')
    await assert.rejects(client.deliveries.resend(sent.id), { serverCode: 'endpoint_disabled' })
    await client.endpoints.update(id, { url: `${receiver.url}/200`, enabled: true })
    assert.equal(await client.endpoints.resendFailed(id, { since: 0 }), 1)
    const again = await receiver.next()
    assert.deepEqual([again.path, again.headers['webhook-id']], ['/200', sent.event_id])
  } finally {
    await gateway.stop()
  }
})

test(
  'a callback_url is signed with the secret of the project, and is in the log of the video',
  WITHIN,
  async () => {
    await using receiver = await startReceiver()
    const gateway = await openGateway(LOCAL)
    try {
      const client = createClient({ baseURL: gateway.url, apiKey: gateway.key })
      const [secret] = await client.projects.webhookSecrets('default')
      const written = untilWritten(gateway)
      const callback_url = `${receiver.url}/200`
      const fields = { model: 'local/preview', prompt: 'a paper boat [fail]', callback_url }
      const video = await create(gateway, fields)
      const event = verified(await receiver.next(), secret?.secret) as Record<string, unknown>
      assert.deepEqual([event['type'], event['task_id']], ['video.failed', video.id])
      await written
      const { data } = await client.videos.deliveries(video.id)
      assert.deepEqual(
        data.map(({ status, endpoint, url }) => [status, endpoint, url]),
        [['delivered', null, callback_url]],
      )
      const timeline = await client.videos.timeline(video.id)
      assert.equal(timeline.at(-1)?.type, 'webhook.delivered')
    } finally {
      await gateway.stop()
    }
  },
)
