import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ask, create, follow, retrieve } from '../e2e/client.ts'
import { Receiver } from '../webhooks/receiver.ts'
import { WebhookGateway } from '../webhooks/webhook-gateway.ts'
import { Figures } from './figures.ts'

const TIMEOUT = { timeout: 60_000 }

const scrape = async ({ gateway }: WebhookGateway): Promise<Figures> => {
  const { status, headers, bytes } = await ask(gateway, '/metrics', { key: null })
  assert.equal(status, 200)
  assert.match(headers.get('content-type') ?? '', /^text\/plain; version=0\.0\.4/)
  return new Figures(bytes.toString('utf8'))
}

test('a scrape tells what happened from the create to the webhook', TIMEOUT, async () => {
  await using receiver = await Receiver.open()
  await using opened = await WebhookGateway.open()
  const { gateway } = opened
  const id = await opened.create({ callback_url: receiver.url })
  await receiver.nth(1)
  await opened.logged(1)
  const bytes = Number((await retrieve(gateway, id)).reelay?.bytes)
  assert.ok(bytes > 0)
  const figures = await scrape(opened)
  const provider = 'cometapi'
  const expected: [string, Record<string, string>, number][] = [
    ['reelay_tasks_created_total', { provider, origin: 'created' }, 1],
    ['reelay_tasks_ended_total', { provider, outcome: 'completed', code: 'none' }, 1],
    ['reelay_task_seconds_count', { provider, outcome: 'completed' }, 1],
    ['reelay_submits_total', { provider, outcome: 'accepted' }, 1],
    ['reelay_submit_seconds_count', { provider }, 1],
    ['reelay_polls_total', { provider, outcome: 'done' }, 1],
    ['reelay_poll_seconds_count', { provider }, 1],
    ['reelay_archives_total', { provider, outcome: 'stored' }, 1],
    ['reelay_archived_bytes_total', { provider }, bytes],
    ['reelay_archive_seconds_count', { provider }, 1],
    ['reelay_deliveries_total', { outcome: 'delivered' }, 1],
    ['reelay_delivery_seconds_count', {}, 1],
    ['reelay_delivery_lag_seconds_count', {}, 1],
    ['reelay_fenced_writes_total', {}, 0],
    ['reelay_leases_lost_total', {}, 0],
    ['reelay_account_paused', { account: 'cometapi' }, 0],
    ['reelay_http_request_seconds_count', { method: 'POST', route: '/v1/videos', status: '200' }, 1],
    ['reelay_http_request_seconds_count', { method: 'GET', route: '/v1/videos/:id', status: '200' }, 1],
  ]
  for (const [name, labels, value] of expected)
    assert.equal(figures.get(name, labels), value, `${name} ${JSON.stringify(labels)}`)
  assert.equal(figures.get('reelay_tasks', { provider }), undefined, 'nothing is under way')
  assert.ok((figures.get('process_memory_bytes', { kind: 'resident' }) ?? 0) > 1e6)
  assert.equal(figures.get('reelay_build_info', { role: 'all', node: process.version }), 1)
  const detected = figures.all.filter(({ name }) => name === 'reelay_detection_delay_seconds_count')
  assert.deepEqual(
    detected.map(({ labels, value }) => [labels['provider'], value]),
    [[provider, 1]],
  )
})

test('a task under way is in its state, and a refused one under its code', TIMEOUT, async () => {
  await using opened = await WebhookGateway.open()
  const { gateway } = opened
  const prompt = 'a boat [up:steps=failed]'
  const failed = await create(gateway, { model: 'wan2.6', prompt })
  const end = (await follow(gateway, failed.id)).at(-1)
  await create(gateway, { model: 'wan2.6', prompt: 'a boat [up:steps=in_progress]' })
  const figures = await scrape(opened)
  const code = end?.error?.code ?? ''
  assert.equal(
    figures.get('reelay_tasks_ended_total', { provider: 'cometapi', outcome: end?.status ?? '', code }),
    1,
  )
  const underWay = figures.all.filter(({ name }) => name === 'reelay_tasks')
  assert.equal(
    underWay.reduce((sum, { value }) => sum + value, 0),
    1,
  )
})

test('what clients and prompts say never becomes a label', TIMEOUT, async () => {
  await using opened = await WebhookGateway.open()
  const { gateway } = opened
  for (let index = 0; index < 30; index += 1) {
    await ask(gateway, `/nowhere-${index}`, { key: null })
    await ask(gateway, `/v1/videos/video_made_up_${index}`)
    await ask(gateway, `/hooks/provider${index}/token${index}`, { method: 'POST', key: null })
    await ask(gateway, '/v1/videos', {
      method: 'POST',
      body: JSON.stringify({ model: `cometapi/model-${index}`, prompt: `secret-${index}`, nonsense: 1 }),
      headers: { 'content-type': 'application/json' },
    })
  }
  const options = { method: 'PROPFIND', key: null }
  await ask(gateway, '/v1/videos', options)
  const text = (await ask(gateway, '/metrics', { key: null })).bytes.toString('utf8')
  assert.doesNotMatch(text, /nowhere|made_up|provider\d|token\d|model-|secret-|proj_|default|PROPFIND/)
  const figures = new Figures(text)
  assert.deepEqual(figures.valuesOf('provider'), [])
  assert.deepEqual(figures.valuesOf('method'), ['GET', 'POST', 'other'])
  assert.deepEqual(figures.valuesOf('route'), [
    '/hooks/:provider/:token',
    '/v1/videos',
    '/v1/videos/:id',
    'none',
  ])
  assert.equal(
    figures.get('reelay_http_request_seconds_count', { route: 'none', method: 'GET', status: '404' }),
    30,
  )
})
