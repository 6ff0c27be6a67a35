import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { startTestApp, type TestApp } from './test-deps.ts'
import { send, type SendOptions } from './test-request.ts'

const TOKEN = 'a-token-for-prometheus-of-32-characters'
const from = (remoteAddress: string): NonNullable<SendOptions['env']> => ({
  incoming: { socket: { remoteAddress } },
})
const HERE = from('127.0.0.1')

const apps: TestApp[] = []
after(() => Promise.all(apps.map((app) => app.close())))

function start(metrics: { isOpen: boolean; token: string | null }, servesApi = true): TestApp {
  const app = startTestApp({ metrics, servesApi })
  apps.push(app)
  return app
}

/** As a scraper on this machine asks. */
const scrape = (app: TestApp, options: SendOptions = {}) =>
  send(app, 'GET', '/metrics', { env: HERE, ...options })

test('on loopback they are open to whoever is on this machine, and to nobody else', async () => {
  const app = start({ isOpen: true, token: null })
  const sent = await scrape(app)
  assert.equal(sent.status, 200)
  assert.match(sent.headers.get('content-type') ?? '', /^text\/plain; version=0\.0\.4/)
  assert.equal(sent.headers.get('cache-control'), 'no-store')
  assert.equal(Buffer.from(sent.bytes).toString(), 'figures 1\n')
  assert.equal((await scrape(app, { env: from('::ffff:127.0.0.1') })).status, 200)
  assert.equal((await scrape(app, { env: from('10.0.0.7') })).status, 401)
  assert.equal((await scrape(app, { env: {} })).status, 401)
  const rebound = await app.app.fetch(new Request('http://rebound.example/metrics'), HERE)
  assert.equal(rebound.status, 401)
  for (const name of ['x-forwarded-for', 'forwarded', 'x-real-ip', 'via'])
    assert.equal((await scrape(app, { headers: { [name]: '203.0.113.9' } })).status, 401, name)
})

test('elsewhere they need the token or an administrator of the gateway, and say so', async () => {
  const app = start({ isOpen: false, token: TOKEN })
  const refused = await scrape(app)
  assert.equal(refused.status, 401)
  assert.match(JSON.stringify(refused.body), /REELAY_METRICS_TOKEN.*admin/)
  assert.match(refused.headers.get('www-authenticate') ?? '', /^Bearer/)
  assert.equal((await scrape(app, { key: `${TOKEN}x` })).status, 401)
  assert.equal((await scrape(app, { key: TOKEN })).status, 200)
  assert.equal((await scrape(app, { key: app.addKey('default', ['admin']) })).status, 200)
  assert.equal((await scrape(app, { key: app.addKey('proj_a', ['admin']) })).status, 403)
  assert.equal((await scrape(app, { key: app.addKey('default', ['read']) })).status, 403)
})

test('the token opens nothing else, and without one none does', async () => {
  const app = start({ isOpen: false, token: TOKEN })
  assert.equal((await send(app, 'GET', '/v1/videos', { key: TOKEN })).status, 401)
  const without = start({ isOpen: false, token: null })
  assert.equal((await scrape(without, { key: TOKEN })).status, 401)
  assert.equal((await scrape(without, { key: 'null' })).status, 401)
})

test('a process that only works on tasks serves them too', async () => {
  const worker = start({ isOpen: false, token: TOKEN }, false)
  assert.equal((await scrape(worker, { key: TOKEN })).status, 200)
  assert.equal((await scrape(worker)).status, 401)
})
