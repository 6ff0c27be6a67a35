import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ask, create, follow, videoOf } from './client.ts'
import { FetchingProvider } from './fetching-provider.ts'
import { openGateway, type OpenGateway } from './open-gateway.ts'

/** As behind a proxy: the name that the world knows, which leads to the port that is listened on. */
const PUBLIC_URL = 'https://reelay.example/base'

const PNG = Buffer.from(
  'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNkYPhfDwAChwGA60e6kgAAAABJRU5ErkJggg==',
  'base64',
)
/** The same picture with something behind its end, so that two files differ. */
const OTHER_PNG = Buffer.concat([PNG, Buffer.from('other')])

async function withGateway(
  environment: Readonly<Record<string, string>>,
  use: (gateway: OpenGateway, provider: FetchingProvider) => Promise<void>,
): Promise<void> {
  const provider = await FetchingProvider.open()
  const gateway = await openGateway({
    LUMAAI_API_KEY: 'key_1',
    LUMAAI_BASE_URL: provider.url,
    REELAY_LIMITS: 'off',
    ...environment,
  })
  provider.route = (url) => url.replace(PUBLIC_URL, gateway.url)
  try {
    await use(gateway, provider)
  } finally {
    await gateway.stop()
    await provider.close()
  }
}

function form(fields: Readonly<Record<string, string>>, files: Readonly<Record<string, Buffer>>): FormData {
  const body = new FormData()
  for (const [name, value] of Object.entries(fields)) body.append(name, value)
  for (const [name, bytes] of Object.entries(files)) {
    body.append(name, new Blob([Uint8Array.from(bytes)]), `${name}.png`)
  }
  return body
}

const LIMIT = { timeout: 60_000 }

const FIELDS = { model: 'ray-2', prompt: 'a boat', seconds: '5' }

test('a provider that reads pictures by address gets them until the video has ended', LIMIT, async () => {
  await withGateway({ REELAY_PUBLIC_URL: PUBLIC_URL }, async (gateway, provider) => {
    provider.isDone = false
    const body = form(FIELDS, { first_frame: PNG, last_frame: OTHER_PNG })
    const { id } = videoOf(await ask(gateway, '/v1/videos', { method: 'POST', body }))
    const pictures = await provider.untilTaken()
    assert.deepEqual(
      pictures.map(({ bytes }) => bytes),
      [PNG, OTHER_PNG],
    )
    for (const { url, type } of pictures) {
      assert.ok(url.startsWith(`${PUBLIC_URL}/v1/inputs/${id}.`), url)
      assert.equal(type, 'image/png')
      assert.equal((await fetch(provider.route(url))).status, 200, 'still there for a job that waits')
      const changed = url.replace(/sig=./, (text) => (text === 'sig=A' ? 'sig=B' : 'sig=A'))
      assert.equal((await fetch(provider.route(changed))).status, 401)
    }
    provider.isDone = true
    assert.equal((await follow(gateway, id)).at(-1)?.status, 'completed')
    for (const { url } of pictures) assert.equal((await fetch(provider.route(url))).status, 404)
    assert.equal(provider.creates, 1)
  })
})

test('without a public https address such a create is refused, and nothing is asked', LIMIT, async () => {
  for (const environment of [{}, { REELAY_PUBLIC_URL: 'http://127.0.0.1:7373' }]) {
    await withGateway(environment, async (gateway, provider) => {
      const body = form(FIELDS, { input_reference: PNG })
      const refused = await ask(gateway, '/v1/videos', { method: 'POST', body })
      assert.equal(refused.status, 400)
      const { error } = refused.json as { error: { code: string; param: string; message: string } }
      assert.deepEqual([error.code, error.param], ['public_url_required', 'input_reference'])
      assert.match(error.message, /Set REELAY_PUBLIC_URL/)
      assert.equal(provider.creates, 0)
      const { id } = await create(gateway, FIELDS)
      assert.equal((await follow(gateway, id)).at(-1)?.status, 'completed', 'text alone needs no address')
    })
  }
})
