import assert from 'node:assert/strict'
import { test } from 'node:test'
import dashscope from '../../src/providers/dashscope/fixtures/answers.json' with { type: 'json' }
import fal from '../../src/providers/fal/fixtures/answers.json' with { type: 'json' }
import gemini from '../../src/providers/gemini/fixtures/answers.json' with { type: 'json' }
import openai from '../../src/providers/openai/fixtures/answers.json' with { type: 'json' }
import openrouter from '../../src/providers/openrouter/fixtures/answers.json' with { type: 'json' }
import pixverse from '../../src/providers/pixverse/fixtures/answers.json' with { type: 'json' }
import replicate from '../../src/providers/replicate/fixtures/answers.json' with { type: 'json' }
import vidu from '../../src/providers/vidu/fixtures/answers.json' with { type: 'json' }
import { html, json, type SeenRequest } from '../contract/fault-server.ts'
import { CalledGateway, type CalledProvider } from './called-gateway.ts'
import { falKeys, googleKeys, openrouterSigner, pixverseSigner } from './signers.ts'
import { standardWebhook, viduSigner, type Signer } from './signers.ts'

const TIMEOUT_MS = 30_000
const SECRET = `whsec_${Buffer.alloc(24, 1).toString('base64')}`
const NEXT_SECRET = `whsec_${Buffer.alloc(24, 2).toString('base64')}`
const FOREIGN = `whsec_${Buffer.alloc(24, 3).toString('base64')}`

const [falOurs, falOther] = [falKeys(), falKeys()]
const [googleOurs, googleOther] = [await googleKeys('k1'), await googleKeys('k1')]
const googleNext = await googleKeys('k2')

type Subject = {
  provider: CalledProvider
  /** The address that a create registered; absent where the operator registers the account's. */
  registered?: (create: SeenRequest) => string
  /** Account whose address is called, where that is another way. */
  account?: string
  body: string
  good: Signer
  forged: Signer
}

const keysOf = (...keys: object[]) => ({ keys: () => json(200, { keys }) })

const FAL: Subject = {
  provider: {
    settings: { FAL_KEY: 'key_1' },
    baseUrlSetting: 'FAL_BASE_URL',
    model: 'fal/fal-ai/luma-ray-2',
    created: fal.created,
    running: fal.queued,
    ...keysOf(falOther.jwk, falOurs.jwk),
  },
  registered: ({ path }) => new URL(path, 'https://x').searchParams.get('fal_webhook') ?? '',
  body: JSON.stringify(fal.callback_ok),
  good: falOurs.signer,
  forged: falKeys().signer,
}

const REPLICATE: Subject = {
  provider: {
    settings: { REPLICATE_API_TOKEN: 'key_1', REPLICATE_WEBHOOK_SECRET: SECRET },
    baseUrlSetting: 'REPLICATE_BASE_URL',
    model: 'replicate/google/veo-3.1',
    created: replicate.created,
    running: replicate.running,
  },
  registered: ({ body }) => JSON.parse(body).webhook,
  body: JSON.stringify({ ...replicate.running, status: 'succeeded' }),
  good: standardWebhook(SECRET),
  forged: standardWebhook(FOREIGN),
}

const GEMINI: Subject = {
  provider: {
    settings: { GEMINI_API_KEY: 'key_1', GEMINI_WEBHOOK_SECRET: SECRET },
    baseUrlSetting: 'GEMINI_BASE_URL',
    model: 'gemini/veo-3.1-generate-preview',
    created: gemini.created,
    running: gemini.running,
    ...keysOf(googleOurs.jwk),
  },
  registered: ({ body }) => JSON.parse(body).webhookConfig.uris[0],
  body: JSON.stringify(gemini.callback),
  good: googleOurs.signer,
  forged: googleOther.signer,
}

const VIDU: Subject = {
  provider: {
    settings: { VIDU_API_KEY: 'key_1' },
    baseUrlSetting: 'VIDU_BASE_URL',
    model: 'vidu/viduq3-pro',
    created: vidu.created,
    running: { ...vidu.processing, payload: '' },
  },
  registered: ({ body }) => JSON.parse(body).callback_url,
  body: JSON.stringify(vidu.callback),
  good: viduSigner('key_1'),
  forged: viduSigner('key_2'),
}

const OPENAI: Subject = {
  provider: {
    settings: { OPENAI_VIDEO_WEBHOOK_SECRET: `${NEXT_SECRET},${SECRET}` },
    baseUrlSetting: 'OPENAI_VIDEO_BASE_URL',
    model: 'openai/sora-2',
    created: openai.created,
    running: openai.created,
  },
  account: 'openai',
  body: JSON.stringify({ type: 'video.completed', data: { id: openai.created.id } }),
  good: standardWebhook(FOREIGN, SECRET),
  forged: standardWebhook(FOREIGN),
}

const OPENROUTER: Subject = {
  provider: {
    settings: { OPENROUTER_API_KEY: 'key_1', OPENROUTER_WEBHOOK_SECRET: 'secret_1' },
    baseUrlSetting: 'OPENROUTER_BASE_URL',
    model: 'openrouter/google/veo-3.1',
    created: openrouter.created,
    running: openrouter.in_progress,
  },
  registered: ({ body }) => JSON.parse(body).callback_url,
  body: JSON.stringify(openrouter.callback_completed),
  good: openrouterSigner('secret_1'),
  forged: openrouterSigner('secret_2'),
}

const PIXVERSE: Subject = {
  provider: {
    settings: {
      PIXVERSE_API_KEY: 'key_1',
      PIXVERSE_WEBHOOK_ID: '42',
      PIXVERSE_WEBHOOK_SECRET: 'secret_1',
    },
    baseUrlSetting: 'PIXVERSE_BASE_URL',
    model: 'pixverse/pixverse-v5',
    created: pixverse.created,
    running: pixverse.running,
  },
  account: 'pixverse',
  body: JSON.stringify({ id: '123456789', status: 1, url: 'https://media.example/v.mp4', credits: 45 }),
  good: pixverseSigner('secret_1'),
  forged: pixverseSigner('secret_2'),
}

const SUBJECTS: Readonly<Record<string, Subject>> = {
  fal: FAL,
  replicate: REPLICATE,
  gemini: GEMINI,
  'gemini, for the whole project': {
    ...GEMINI,
    account: 'gemini',
    good: standardWebhook(SECRET),
    forged: standardWebhook(FOREIGN),
  },
  vidu: VIDU,
  openai: OPENAI,
  openrouter: OPENROUTER,
  pixverse: PIXVERSE,
}

const addressOf = async (gateway: CalledGateway, { account, registered }: Subject): Promise<string> => {
  if (account !== undefined) return gateway.accountUrl(account)
  const created = gateway.upstream.seen.find(({ method }) => method === 'POST')
  return registered?.(created ?? assert.fail('nothing was created')) ?? assert.fail('nothing is registered')
}

const eventOf = (taskId: string): string =>
  JSON.stringify({ type: 'x', data: { task_id: taskId, task_status: 'SUCCEEDED' } })

const nowSeconds = (): number => Math.floor(Date.now() / 1_000)

for (const [title, subject] of Object.entries(SUBJECTS)) {
  test(
    `${title}: a forged callback hurries nobody, a late one neither, a good one is trusted and hurries`,
    {
      timeout: TIMEOUT_MS,
    },
    async () => {
      await using gateway = await CalledGateway.open(subject.provider)
      const id = await gateway.running()
      const url = await addressOf(gateway, subject)
      const { body, good, forged } = subject
      await gateway.call(url, body, await forged(body, nowSeconds(), url))
      await gateway.call(url, `${body} `, await good(`${body} `, nowSeconds() - 3_600, url))
      assert.deepEqual(await gateway.verdicts(id), ['forged', 'forged'])
      const seen = gateway.upstream.seen.length
      await gateway.call(url, body, await good(body, nowSeconds(), url))
      await gateway.upstream.untilSeen(seen + 1)
      assert.deepEqual(await gateway.verdicts(id), ['forged', 'forged', 'trusted'])
      assert.equal(gateway.looks(), 1)
    },
  )
}

test(
  'a callback without a signature is unsigned where nobody can tell, and hurries',
  { timeout: TIMEOUT_MS },
  async () => {
    const { REPLICATE_WEBHOOK_SECRET: _none, ...settings } = REPLICATE.provider.settings
    const unknowing: Subject = { ...REPLICATE, provider: { ...REPLICATE.provider, settings } }
    for (const subject of [FAL, VIDU, unknowing]) {
      await using gateway = await CalledGateway.open(subject.provider)
      const id = await gateway.running()
      const seen = gateway.upstream.seen.length
      await gateway.call(await addressOf(gateway, subject), subject.body, {})
      await gateway.upstream.untilSeen(seen + 1)
      assert.deepEqual(await gateway.verdicts(id), ['unsigned'])
      assert.equal(gateway.looks(), 1)
    }
  },
)

test(
  'while the keys cannot be had, a callback is unsigned and hurries, and is never forged',
  { timeout: TIMEOUT_MS },
  async () => {
    for (const subject of [FAL, GEMINI]) {
      for (const reply of [html(200), json(500, {})]) {
        await using gateway = await CalledGateway.open({ ...subject.provider, keys: () => reply })
        const id = await gateway.running()
        const url = await addressOf(gateway, subject)
        const { body, good, forged } = subject
        await gateway.call(url, body, await good(body, nowSeconds(), url))
        await gateway.call(url, `${body} `, await forged(`${body} `, nowSeconds(), url))
        assert.deepEqual(await gateway.verdicts(id), ['unsigned', 'unsigned'])
        assert.equal(gateway.keysAsked(), 1, 'it is asked once a minute at most')
        // The create, the keys, and a look.
        await gateway.upstream.untilSeen(3)
        assert.ok(gateway.looks() >= 1)
      }
    }
  },
)

test('a flood of signatures by unknown keys asks for keys once', { timeout: TIMEOUT_MS }, async () => {
  await using gateway = await CalledGateway.open(GEMINI.provider)
  await gateway.running()
  const url = await addressOf(gateway, GEMINI)
  const headers = await googleNext.signer('', nowSeconds(), url)
  await Promise.all(Array.from({ length: 50 }, (_, index) => gateway.call(url, `{"n":${index}}`, headers)))
  assert.equal(gateway.keysAsked(), 1)
  assert.equal(gateway.looks(), 0)
})

test(
  'a token for another address of Google is no forgery, and proves nothing',
  { timeout: TIMEOUT_MS },
  async () => {
    await using gateway = await CalledGateway.open(GEMINI.provider)
    const id = await gateway.running()
    const url = await addressOf(gateway, GEMINI)
    const headers = await googleOurs.signer('', nowSeconds(), 'https://elsewhere.example/')
    await gateway.call(url, GEMINI.body, headers)
    assert.deepEqual(await gateway.verdicts(id), ['unsigned'])
  },
)

test(
  'DashScope: an event finds its task by the job that it names; one about another job finds none',
  {
    timeout: TIMEOUT_MS,
  },
  async () => {
    await using gateway = await CalledGateway.open({
      settings: { DASHSCOPE_API_KEY: 'key_1' },
      baseUrlSetting: 'DASHSCOPE_BASE_URL',
      model: 'dashscope/wan2.6-t2v',
      created: dashscope.created,
      running: dashscope.running,
    })
    const id = await gateway.running()
    const url = await gateway.accountUrl('dashscope')
    await gateway.call(url, eventOf('of somebody else'), {})
    assert.deepEqual(await gateway.verdicts(id), [])
    const seen = gateway.upstream.seen.length
    await gateway.call(url, eventOf('task-abc-123'), {})
    await gateway.upstream.untilSeen(seen + 1)
    assert.deepEqual(await gateway.verdicts(id), ['unsigned'])
    assert.equal(gateway.looks(), 1)
  },
)

test(
  'PixVerse: the webhook of the console is named with each job, and with none where none is set',
  {
    timeout: TIMEOUT_MS,
  },
  async () => {
    const { PIXVERSE_WEBHOOK_ID: _id, ...without } = PIXVERSE.provider.settings
    for (const [settings, expected] of [
      [PIXVERSE.provider.settings, 42],
      [{ ...without, PIXVERSE_WEBHOOK_ID: 'hook-a' }, 'hook-a'],
      [without, undefined],
    ] as const) {
      await using gateway = await CalledGateway.open({ ...PIXVERSE.provider, settings })
      await gateway.running()
      const created = gateway.upstream.seen.find(({ method }) => method === 'POST')
      assert.equal(JSON.parse(created?.body ?? '').webhook_id, expected)
    }
  },
)
