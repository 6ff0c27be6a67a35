import assert from 'node:assert/strict'
import { test, type TestContext } from 'node:test'
import { createGoogleVertex } from '@ai-sdk/google-vertex'
import { GoogleGenAI, type GenerateVideosOperation, type GoogleGenAIOptions } from '@google/genai'
import { experimental_generateVideo as generateVideo } from 'ai'
import { clipBytes } from '../../clips.ts'
import { startSimulator, type Simulator } from '../../simulator.ts'

type VertexSettings = NonNullable<Parameters<typeof createGoogleVertex>[0]>

const PROJECT = 'my-project'
const LOCATION = 'us-central1'
const MODEL = 'veo-3.1-generate-001'

/** A login that has its token already: the clients ask nothing else of one. */
function loginWith(token: string): unknown {
  const authClient = {
    getAccessToken: async () => ({ token }),
    getRequestHeaders: async () => new Headers({ authorization: `Bearer ${token}` }),
  }
  return { authClient }
}

function clientOf(simulator: Simulator, token = 'ya29.any'): GoogleGenAI {
  return new GoogleGenAI({
    vertexai: true,
    project: PROJECT,
    location: LOCATION,
    httpOptions: { baseUrl: simulator.url },
    googleAuthOptions: loginWith(token) as NonNullable<GoogleGenAIOptions['googleAuthOptions']>,
  })
}

function modelOf(simulator: Simulator): ReturnType<ReturnType<typeof createGoogleVertex>['video']> {
  const baseURL = `${simulator.url}/v1/projects/${PROJECT}/locations/${LOCATION}/publishers/google`
  const googleAuthOptions = loginWith('ya29.any') as NonNullable<VertexSettings['googleAuthOptions']>
  return createGoogleVertex({ baseURL, googleAuthOptions }).video(MODEL)
}

async function started(context: TestContext): Promise<Simulator> {
  const simulator = await startSimulator({ dialect: 'vertex', keys: ['ya29.any'] })
  context.after(() => simulator.close())
  return simulator
}

/** Looks until the operation is done. */
async function ended(client: GoogleGenAI, begun: GenerateVideosOperation): Promise<GenerateVideosOperation> {
  let operation = begun
  for (let polls = 0; polls < 5 && operation.done !== true; polls += 1) {
    operation = await client.operations.getVideosOperation({ operation })
  }
  return operation
}

test("Google's client makes a video, follows it, and has its bytes", async (context) => {
  const simulator = await started(context)
  const client = clientOf(simulator)
  const begun = await client.models.generateVideos({
    model: MODEL,
    source: { prompt: 'a fox' },
    config: { numberOfVideos: 1, aspectRatio: '16:9', durationSeconds: 8, generateAudio: true },
  })
  assert.equal(begun.done, undefined)
  const { response, error } = await ended(client, begun)
  assert.equal(error, undefined)
  const [generated] = response?.generatedVideos ?? []
  assert.equal(generated?.video?.mimeType, 'video/mp4')
  assert.ok(clipBytes('mp4').equals(Buffer.from(generated?.video?.videoBytes ?? '', 'base64')))
  assert.deepEqual(
    simulator.ledger.map(({ prompt, model, id, key }) => [prompt, model, id, key]),
    [['a fox', MODEL, begun.name, 'ya29.any']],
  )
})

test("Google's client is told where in its bucket a video is", async (context) => {
  const simulator = await started(context)
  const client = clientOf(simulator)
  const config = { numberOfVideos: 2, outputGcsUri: 'gs://my-bucket/videos' }
  const begun = await client.models.generateVideos({ model: MODEL, source: { prompt: 'a fox' }, config })
  const { response } = await ended(client, begun)
  const uris = (response?.generatedVideos ?? []).map(({ video }) => video?.uri ?? '')
  assert.equal(uris.length, 2)
  for (const uri of uris) {
    const url = uri.replace('gs:/', simulator.url)
    const bytes = await fetch(url, { headers: { authorization: 'Bearer ya29.any' } })
    assert.ok(clipBytes('mp4').equals(Buffer.from(await bytes.arrayBuffer())), uri)
  }
})

test("Google's client tells of failures, filters, refusals and a wrong token", async (context) => {
  const simulator = await started(context)
  const client = clientOf(simulator)
  const begin = (prompt: string, from = client): Promise<GenerateVideosOperation> =>
    from.models.generateVideos({ model: MODEL, source: { prompt } })
  const failed = await ended(client, await begin('[up:steps=failed][up:failed=no]'))
  assert.deepEqual([failed.done, failed.error], [true, { code: 13, message: 'no' }])
  const prompt = '[up:steps=failed][up:failed=unsafe][up:failed-code=raiMediaFiltered]'
  const { response } = await ended(client, await begin(prompt))
  assert.deepEqual([response?.raiMediaFilteredCount, response?.raiMediaFilteredReasons], [1, ['unsafe']])
  await assert.rejects(begin('[up:create=429]'), { status: 429 })
  await assert.rejects(begin(' '), { status: 400 })
  await assert.rejects(begin('a fox', clientOf(simulator, 'other')), { status: 401 })
})

const POLL = { intervalMs: 1, delay: async () => {} }

test("the AI SDK's Veo goes from prompt to bytes", async (context) => {
  const simulator = await started(context)
  const { videos } = await generateVideo({
    model: modelOf(simulator),
    prompt: 'a fox',
    resolution: '1280x720',
    duration: 8,
    generateAudio: true,
    poll: POLL,
  })
  assert.ok(clipBytes('mp4').equals(videos[0]!.uint8Array))
  assert.deepEqual(simulator.ledger[0]!.fields['parameters'], {
    sampleCount: 1,
    resolution: '720p',
    durationSeconds: 8,
    generateAudio: true,
  })
})

test('the AI SDK tells of a failure and of a refusal', async (context) => {
  const model = modelOf(await started(context))
  const failing = '[up:steps=failed][up:failed=the cat walked away]'
  await assert.rejects(
    generateVideo({ model, prompt: failing, poll: POLL, maxRetries: 0 }),
    /the cat walked away/u,
  )
  const refused = generateVideo({ model, prompt: 'a', duration: 5, poll: POLL, maxRetries: 0 })
  await assert.rejects(refused, { statusCode: 400, message: /durationSeconds/u })
})
