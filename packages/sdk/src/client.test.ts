import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import { json, task } from '../test/fake-fetch.ts'
import { testClient, type TestClient } from '../test/test-client.ts'

const asked = ({ fetch }: TestClient): string[] =>
  fetch.sent.map(({ method, url }) => `${method} ${url.pathname}`)

test('cancel answers the task, delete its deletion in any dialect', async () => {
  const cancelled = testClient(() =>
    json(task({ status: 'failed', error: { code: 'cancelled', message: 'x' } })),
  )
  assert.equal((await cancelled.client.videos.cancel('video_1')).error?.code, 'cancelled')
  assert.deepEqual(asked(cancelled), ['POST /v1/videos/video_1/cancel'])
  const answers: [Response, boolean][] = [
    [json({ id: 'a', object: 'video.deleted', deleted: true }), true],
    [json({ id: 'a', object: 'video.deleted', deleted: false }), false],
    [json(task({ status: 'deleted' })), true],
    [new Response(null, { status: 204 }), true],
  ]
  for (const [answer, deleted] of answers) {
    const removed = testClient(() => answer)
    assert.deepEqual(await removed.client.videos.delete('a'), { id: 'a', object: 'video.deleted', deleted })
    assert.deepEqual(asked(removed), ['DELETE /v1/videos/a'])
  }
})

test('models with capabilities and price, and models without', async () => {
  const rich = {
    id: 'wan2.6',
    object: 'model',
    created: 9,
    owned_by: 'dashscope',
    capabilities: {
      seconds: { min: 5, max: 15, values: [5, 10, 15], default: 5 },
      sizes: ['1280x720'],
      ratios: ['16:9'],
      resolutions: ['720p'],
      inputs: { first_frame: 1, reference: 3 },
      audio: 'optional',
      frames_set_ratio: true,
    },
    price: { currency: 'USD', per_second: '0.10', per_video: null },
  }
  const bare = { id: 'm', object: 'model', created: 0, owned_by: '', capabilities: null, price: null }
  const models = testClient(() => json({ object: 'list', data: [rich, { id: 'm' }, {}, 7] }))
  assert.deepEqual(await models.client.models.list(), [rich, bare])
  assert.deepEqual(asked(models), ['GET /v1/models'])
  const odd = testClient(() =>
    json({ data: [{ id: 'm', capabilities: { seconds: {}, inputs: { audio: 2 } } }] }),
  )
  assert.deepEqual((await odd.client.models.list())[0]?.capabilities, {
    seconds: null,
    sizes: [],
    ratios: [],
    resolutions: [],
    inputs: {},
    audio: 'never',
  })
  await assert.rejects(testClient(() => json({})).client.models.list(), { code: 'unexpected_answer' })
})

test('keys are made, listed and revoked; a secret is shown once', async () => {
  const key = {
    id: 'key_1',
    object: 'api_key',
    name: 'ci',
    project: 'default',
    scopes: ['read'],
    profile: 'comet',
    created_at: 9,
    last_used_at: null,
    expires_at: 90,
  }
  const answers = [
    json({ ...key, key: 'rk_secret' }),
    json({ object: 'list', data: [key] }),
    json({ id: 'key_1', object: 'api_key.deleted', deleted: true }),
  ]
  const keys = testClient((_sent, index) => answers[index]!)
  assert.deepEqual(await keys.client.keys.create({ name: 'ci' }), { ...key, key: 'rk_secret' })
  assert.deepEqual(await keys.client.keys.list(), [key])
  assert.equal((await keys.client.keys.revoke('key_1')).deleted, true)
  assert.deepEqual(asked(keys), ['POST /v1/keys', 'GET /v1/keys', 'DELETE /v1/keys/key_1'])
  assert.equal(keys.fetch.sent[0]?.text, '{"name":"ci"}')
  await assert.rejects(keys.client.keys.revoke(''), { code: 'invalid_argument' })
})

test('making a key is not repeated when the answer was lost', async () => {
  const keys = testClient(() => json({}, 503))
  await assert.rejects(keys.client.keys.create({ name: 'ci' }), { status: 503 })
  assert.equal(keys.fetch.sent.length, 1)
})

test('health is asked of the root, in JSON or in text', async () => {
  const health = testClient(() => json({ status: 'ok', version: '0.1.0' }))
  assert.deepEqual(await health.client.health(), { status: 'ok', version: '0.1.0' })
  assert.deepEqual(asked(health), ['GET /healthz'])
  const text = testClient(() => new Response('ok', { headers: { 'reelay-version': '0.2.0' } }))
  assert.deepEqual(await text.client.health(), { status: 'ok', version: '0.2.0' })
})

test('a wait that is asked of the server is bounded and lengthens the time limit', async () => {
  const { client, fetch } = testClient(() => json(task()))
  for (const waitSeconds of [undefined, 0, 7.9, 999]) await client.videos.retrieve('a', { waitSeconds })
  assert.deepEqual(
    fetch.sent.map(({ headers }) => headers.get('prefer')),
    [null, null, 'wait=7', 'wait=25'],
  )
})

const make = (options: Parameters<typeof testClient>[1]) => (): TestClient =>
  testClient(() => json({}), options)

test('options that make no sense are refused', () => {
  assert.throws(make({ maxRetries: -1 }), { code: 'invalid_argument', param: 'maxRetries' })
  assert.throws(make({ timeoutMs: Number.NaN }), { code: 'invalid_argument', param: 'timeoutMs' })
  assert.throws(make({ baseURL: 'nowhere' }), { code: 'invalid_argument' })
})

/** What a program loads that imports this file, itself included. */
function loadedBy(file: URL, seen: Map<string, string> = new Map()): Map<string, string> {
  if (seen.has(file.href)) return seen
  const text = readFileSync(file, 'utf8')
  seen.set(file.href, text)
  for (const [, from = ''] of text.matchAll(/from '([^']+)'/g)) {
    assert.match(from, /^\.{1,2}\/[\w/-]+\.ts$/, file.href)
    loadedBy(new URL(from, file), seen)
  }
  return seen
}

test('the package runs anywhere: it imports only its own files and depends on nothing', () => {
  const folder = new URL('.', import.meta.url)
  const sources = loadedBy(new URL('index.ts', folder))
  assert.ok(sources.size > 30)
  for (const [name, text] of sources)
    assert.doesNotMatch(
      text.replaceAll(/\/\*[^]*?\*\/|\/\/.*$/gm, ''),
      /(?<!globalThis\.)\b(process|Buffer|require|setImmediate)\b[.(]/,
      name,
    )
  const manifest: unknown = JSON.parse(readFileSync(new URL('../package.json', folder), 'utf8'))
  assert.ok(typeof manifest === 'object' && manifest !== null && !('dependencies' in manifest))
})
