import assert from 'node:assert/strict'
import { mkdtemp, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { clipBytes } from '@reelay/simulator'
import { z } from 'zod'
import fixtures from '../../src/providers/openai/fixtures/answers.json' with { type: 'json' }
import { answer, json, startFaultServer, type Behaviour, type FaultServer } from '../contract/fault-server.ts'
import { ask, TERMINAL, untilVideo } from '../e2e/client.ts'
import { runCommand, serve } from '../e2e/command-line.ts'

const KEY = 'rk_config_test_key_0000000000000000000000000000'
const NODE_MODULES = fileURLToPath(new URL('../../../../node_modules', import.meta.url))

const directory = await mkdtemp(join(tmpdir(), 'reelay-config-'))
after(() => rm(directory, { recursive: true, force: true }))
// As in a project that has the packages installed.
await symlink(NODE_MODULES, join(directory, 'node_modules'), 'dir')

const video = answer({
  status: 200,
  headers: { 'content-type': 'video/mp4' },
  body: new Uint8Array(clipBytes('mp4')),
})

const refusing = answer(json(401, { error: { message: 'Incorrect API key provided.', type: 'auth' } }))

/** An engine with OpenAI's routes whose jobs are done at the first look. */
const engine: Behaviour = (request, response) => {
  if (request.path.endsWith('/content')) return video(request, response)
  const body = request.method === 'POST' ? fixtures.created : fixtures.vllm_omni_done
  return answer(json(200, request.path === '/v1/models' ? { data: [{ id: 'wan' }] } : body))(
    request,
    response,
  )
}

/** xAI's routes: a job is running when it is looked at first, and done after. */
function grok(): Behaviour {
  let looks = 0
  return (request, response) => {
    if (request.path.startsWith('/files/')) return video(request, response)
    if (request.method === 'POST') return answer(json(200, { request_id: 'grok_1' }))(request, response)
    looks += 1
    const url = `http://${request.headers.host}/files/v.mp4`
    const done = { status: 'done', video: { url, respect_moderation: true } }
    return answer(json(200, looks === 1 ? { status: 'pending', progress: 50 } : done))(request, response)
  }
}

const source = (labA: FaultServer, labB: FaultServer, xai: FaultServer): string => `
import { createXai } from '@ai-sdk/xai'
import { aiSdk, defineConfig, type ConfigFile } from 'reelay'

const key: string = 'key_of_xai_0123456789'

const file: ConfigFile = defineConfig({
  accounts: {
    'openai:lab-a': { OPENAI_VIDEO_BASE_URL: '${labA.baseUrl}', OPENAI_VIDEO_API_KEY: 'key_of_lab_a' },
    'openai:lab-b': { OPENAI_VIDEO_BASE_URL: '${labB.baseUrl}', OPENAI_VIDEO_API_KEY: 'key_of_lab_b' },
  },
  providers: [
    aiSdk({
      name: 'grok',
      models: {
        imagine: {
          model: ({ fetch }) => createXai({ apiKey: key, baseURL: '${xai.baseUrl}/v1', fetch }).video('grok-imagine-video'),
          seconds: { min: 1, max: 15, default: 8 },
          ratios: ['16:9', '9:16'],
          resolutions: ['720p'],
        },
      },
      timing: { firstPollMs: 50, intervalMs: 50, intervalMaxMs: 100 },
    }),
  ],
  aliases: { fast: 'openai:lab-a/wan' },
  fallbacks: { fast: ['grok/imagine', 'openai:lab-b/wan'] },
})

export default file
`

const eventsSchema = z.object({ data: z.array(z.object({ type: z.string() })) })

test(
  'a gateway with a configuration file: two accounts of one provider, a model of the AI SDK, an alias that falls back',
  { timeout: 120_000 },
  async (context) => {
    const labA = await startFaultServer(refusing)
    const labB = await startFaultServer(engine)
    const xai = await startFaultServer(grok())
    context.after(() => Promise.all([labA.close(), labB.close(), xai.close()]))
    const path = join(directory, 'reelay.config.ts')
    await writeFile(path, source(labA, labB, xai))
    const environment = {
      REELAY_CONFIG: path,
      REELAY_DATA_DIR: join(directory, 'data'),
      REELAY_API_KEY: KEY,
      REELAY_LOG_LEVEL: 'silent',
    }
    const served = await serve(environment)
    context.after(() => served.signal('SIGTERM'))
    const target = { url: served.url, key: KEY }

    const create = async (body: object): Promise<string> => {
      const headers = { 'content-type': 'application/json' }
      const created = await ask(target, '/v1/videos', { method: 'POST', headers, body: JSON.stringify(body) })
      assert.equal(created.status, 200, JSON.stringify(created.json))
      return z.object({ id: z.string() }).parse(created.json).id
    }
    const prompt = 'A paper boat'
    const id = await create({ model: 'fast', prompt, seconds: '6', size: '1280x720' })
    const done = await untilVideo(target, id, ({ status }) => TERMINAL.has(status))
    assert.equal(done.status, 'completed', JSON.stringify(done))
    const content = await ask(target, `/v1/videos/${id}/content`)
    assert.deepEqual(content.bytes, clipBytes('mp4'))

    // Asked once each: the account that refused, and then the model of the AI SDK, in its own words.
    assert.equal(labA.posts(), 1)
    assert.equal(
      labA.seen.find(({ method }) => method === 'POST')?.headers.authorization,
      'Bearer key_of_lab_a',
    )
    assert.equal(xai.posts(), 1)
    assert.equal(labB.posts(), 0)
    assert.deepEqual(JSON.parse(xai.seen[0]?.body ?? ''), {
      model: 'grok-imagine-video',
      prompt,
      duration: 6,
      aspect_ratio: '16:9',
      resolution: '720p',
    })

    const events = eventsSchema.parse((await ask(target, `/v1/videos/${id}/events`)).json)
    const types = events.data.map(({ type }) => type)
    assert.ok(types.includes('account.fallback'), types.join(' '))

    // The other account of the same provider, by its exact name.
    const second = await create({ model: 'openai:lab-b/wan', prompt, seconds: '4' })
    const other = await untilVideo(target, second, ({ status }) => TERMINAL.has(status))
    assert.equal(other.status, 'completed', JSON.stringify(other))
    assert.equal(
      labB.seen.find(({ method }) => method === 'POST')?.headers.authorization,
      'Bearer key_of_lab_b',
    )

    // What a model cannot do is refused at create, from the file's own data.
    const long = await ask(target, '/v1/videos', {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ model: 'grok/imagine', prompt, seconds: '60' }),
    })
    assert.equal(long.status, 400, JSON.stringify(long.json))

    const client = { REELAY_URL: served.url, REELAY_API_KEY: KEY }
    const listed = await runCommand(['providers', '--json'], client)
    const accounts = z
      .object({
        data: z.array(z.object({ provider: z.string(), account: z.string(), configured: z.boolean() })),
      })
      .parse(JSON.parse(listed.stdout)).data
    assert.deepEqual(
      accounts.map(({ provider, account }) => [provider, account]),
      [
        ['openai', 'openai:lab-a'],
        ['openai', 'openai:lab-b'],
        ['grok', 'grok'],
        ['local', 'local'],
      ],
    )
    const doctor = await runCommand(['doctor'], client)
    assert.match(doctor.stdout, /openai:lab-b/)

    served.signal('SIGTERM')
    const { code, stdout, stderr } = await served.gone
    assert.equal(code, 0, stderr)
    assert.match(stdout, new RegExp(`^  config     ${path}$`, 'm'))
    assert.match(stdout, /^ {2}providers {2}openai:lab-a, openai:lab-b, grok, local$/m)
    assert.doesNotMatch(stdout + stderr, /key_of_/)
  },
)

const WRONG: readonly (readonly [title: string, text: string, words: RegExp])[] = [
  [
    'a setting that is misspelled, an alias without a model',
    `export default { accounts: { 'fal:a': { FAL_KYE: 'secret_of_a' } }, aliases: { fast: [] } }`,
    /aliases\.fast must be a model, or a list of models in order/,
  ],
  [
    'an account without its key',
    `export default { accounts: { 'fal:a': {}, 'xai:b': { XAI_API_KEY: process.env['NOT_SET_ANYWHERE'] } } }`,
    /accounts\["xai:b"\]\.XAI_API_KEY must be a text\. Is it read from an environment variable that is not set\?/,
  ],
  [
    'no default export',
    `export const config = {}`,
    /exports no configuration: write export default defineConfig/,
  ],
  ['an enum', `enum A { B }\nexport default {}`, /could not be run: [^]*write no enums/],
  ['a throw', `throw new Error('no disk')`, /could not be run: no disk/],
  [
    'a model that is no model of this kind',
    `import { aiSdk } from 'reelay'
    export default { providers: [aiSdk({ name: 'a', models: { m: { model: { specificationVersion: 'v3', modelId: 'x' } } } })] }`,
    /providers\[0\] \("a"\) could not be made: models\["m"\]\.model is a model of specification "v3"/,
  ],
]

for (const [title, text, words] of WRONG) {
  test(`refused at start, in words that say where: ${title}`, { timeout: 60_000 }, async () => {
    const path = join(directory, `${title.replaceAll(/\W/g, '-')}.config.ts`)
    await writeFile(path, text)
    const environment = { REELAY_CONFIG: path, REELAY_DATA_DIR: join(directory, 'wrong') }
    const { code, stdout, stderr } = await runCommand(['serve', '--port', '0'], environment)
    assert.equal(code, 2, stderr)
    assert.match(stdout, words)
    assert.doesNotMatch(stdout + stderr, /secret_of_a|^\s+at /m)
  })
}
