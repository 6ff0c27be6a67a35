import assert from 'node:assert/strict'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test, type TestContext } from 'node:test'
import { createGoogle } from '@ai-sdk/google'
import { GenerateVideosOperation, GoogleGenAI } from '@google/genai'
import { experimental_generateVideo as generateVideo } from 'ai'
import { fieldsOf } from '../../../test/test-client.ts'
import { clipBytes } from '../../clips.ts'
import { startSimulator, type Simulator } from '../../simulator.ts'

const KEY = 'AIza-any'
const MODEL = 'veo-3.1-generate-preview'

type Model = ReturnType<ReturnType<typeof createGoogle>['video']>

async function started(
  context: TestContext,
): Promise<{ simulator: Simulator; model: Model; client: GoogleGenAI }> {
  const simulator = await startSimulator({ dialect: 'gemini', keys: [KEY] })
  context.after(() => simulator.close())
  const model = createGoogle({ apiKey: KEY, baseURL: `${simulator.url}/v1beta` }).video(MODEL)
  const client = new GoogleGenAI({ apiKey: KEY, httpOptions: { baseUrl: simulator.url } })
  return { simulator, model, client }
}

/** The AI SDK's download turns private hosts away; this one fetches what it is told, as it is told. */
async function download({ url }: { url: URL }): Promise<{ data: Uint8Array; mediaType: string | undefined }> {
  const response = await fetch(url)
  assert.equal(response.status, 200)
  const mediaType = response.headers.get('content-type') ?? undefined
  return { data: new Uint8Array(await response.arrayBuffer()), mediaType }
}

const POLL = { intervalMs: 1, delay: async () => {} }

test("the AI SDK's Veo goes from prompt to bytes, with the key in the link", async (context) => {
  const { simulator, model } = await started(context)
  const { videos, providerMetadata } = await generateVideo({
    model,
    prompt: 'a fox',
    n: 2,
    aspectRatio: '9:16',
    resolution: '1920x1080',
    duration: 8,
    seed: 7,
    providerOptions: { google: { personGeneration: 'allow_adult', negativePrompt: 'rain' } },
    poll: POLL,
    download,
  })
  assert.equal(videos.length, 2)
  for (const { uint8Array } of videos) assert.ok(clipBytes('mp4').equals(uint8Array))
  assert.ok(providerMetadata['google'] !== undefined)
  const [entry, ...others] = simulator.ledger
  assert.deepEqual([entry?.prompt, entry?.model, entry?.accepted, others.length], ['a fox', MODEL, true, 0])
  assert.deepEqual(entry?.fields['parameters'], {
    sampleCount: 2,
    aspectRatio: '9:16',
    resolution: '1080p',
    durationSeconds: 8,
    seed: 7,
    personGeneration: 'allow_adult',
    negativePrompt: 'rain',
  })
})

const ENDS = [
  ['[up:steps=failed][up:failed=the cat walked away]', /the cat walked away/u],
  // It reads no reasons of a filter.
  ['[up:steps=failed][up:failed=unsafe][up:failed-code=raiMediaFiltered]', /No videos in response/u],
  ['[up:steps=done][up:no-url]', /No videos in response/u],
] as const

for (const [prompt, words] of ENDS) {
  test(`the AI SDK tells of ${prompt}`, async (context) => {
    const { model } = await started(context)
    await assert.rejects(generateVideo({ model, prompt, poll: POLL, download, maxRetries: 0 }), words)
  })
}

test('the AI SDK keeps the key from another origin', async (context) => {
  const { simulator, model } = await started(context)
  const prompt = '[up:link-origin=other]'
  const { videos } = await generateVideo({ model, prompt, poll: POLL, download })
  assert.ok(clipBytes('mp4').equals(videos[0]!.uint8Array))
  const fetched = simulator.requests.filter(({ port }) => port === 'files')
  assert.deepEqual([fetched.length, simulator.leaks.length], [1, 0])
})

test('the AI SDK knows a refusal and a wrong key', async (context) => {
  const { simulator, model } = await started(context)
  const wrongSize = generateVideo({ model, prompt: 'a', duration: 5, poll: POLL, maxRetries: 0 })
  await assert.rejects(wrongSize, { statusCode: 400, message: /durationSeconds/u })
  const stranger = createGoogle({ apiKey: 'other', baseURL: `${simulator.url}/v1beta` }).video(MODEL)
  const refused = generateVideo({ model: stranger, prompt: 'a', poll: POLL, maxRetries: 0 })
  await assert.rejects(refused, { statusCode: 400, message: /API key not valid/u })
})

/** Version 3 of the client makes videos at Vertex AI only; it still asks for those of the Gemini API. */
async function madeElsewhere(model: Model, prompt: string): Promise<GenerateVideosOperation> {
  assert.ok(model.doStart !== undefined)
  const { operation: made } = await model.doStart({ ...NOTHING, prompt })
  const operation = new GenerateVideosOperation()
  operation.name = String(fieldsOf(made)['operationName'])
  return operation
}

const NOTHING = {
  n: 1,
  aspectRatio: undefined,
  resolution: undefined,
  duration: undefined,
  fps: undefined,
  seed: undefined,
  image: undefined,
  frameImages: undefined,
  inputReferences: undefined,
  generateAudio: undefined,
  providerOptions: {},
} as const

test("Google's client follows an operation to its end, and downloads its file", async (context) => {
  const { model, client } = await started(context)
  let operation = await madeElsewhere(model, 'a fox')
  const seen: (boolean | undefined)[] = []
  for (let polls = 0; polls < 3; polls += 1) {
    operation = await client.operations.getVideosOperation({ operation })
    seen.push(operation.done)
  }
  assert.deepEqual(seen, [undefined, undefined, true])
  const [video] = operation.response?.generatedVideos ?? []
  // It finds a file's name in links that begin with https alone, and asks the host that it was given.
  const file = (video?.video?.uri ?? '').replace('http://', 'https://')
  const directory = await mkdtemp(join(tmpdir(), 'simulator-'))
  context.after(() => rm(directory, { recursive: true, force: true }))
  const downloadPath = join(directory, 'video.mp4')
  await client.files.download({ file, downloadPath })
  assert.ok(clipBytes('mp4').equals(await readFile(downloadPath)))
  const name = /(?<name>files\/[a-z0-9]+)/u.exec(file)?.groups?.['name'] ?? ''
  const about = await client.files.get({ name })
  assert.deepEqual([about.name, about.state, about.mimeType], [name, 'ACTIVE', 'video/mp4'])
})

test("Google's client tells how an operation failed, and of one that is not there", async (context) => {
  const { model, client } = await started(context)
  const failing = await madeElsewhere(
    model,
    '[up:steps=failed][up:failed=no][up:failed-code=INVALID_ARGUMENT]',
  )
  const failed = await client.operations.getVideosOperation({ operation: failing })
  assert.deepEqual([failed.done, failed.error], [true, { code: 3, message: 'no' }])
  const moderated = await madeElsewhere(
    model,
    '[up:steps=failed][up:failed=unsafe][up:failed-code=raiMediaFiltered]',
  )
  const { response } = await client.operations.getVideosOperation({ operation: moderated })
  assert.deepEqual([response?.raiMediaFilteredCount, response?.raiMediaFilteredReasons], [1, ['unsafe']])
  const none = new GenerateVideosOperation()
  none.name = `models/${MODEL}/operations/none`
  await assert.rejects(client.operations.getVideosOperation({ operation: none }), { status: 404 })
  const models = await client.models.list({ config: { pageSize: 2 } })
  const names: (string | undefined)[] = []
  for await (const { name } of models) names.push(name)
  assert.equal(names.length, 3)
})
