import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createAiSdk } from '../../src/providers/ai-sdk/index.ts'
import type { AiSdkOptions } from '../../src/providers/ai-sdk/options.ts'
import { silentLog } from '../../src/system/log.ts'
import { TestClock } from '../../src/system/test-clock.ts'
import { plainModel } from './open-package.ts'
import { PACKAGES } from './packages.ts'

const noFetch: typeof globalThis.fetch = () => Promise.reject(new Error('Nothing is sent here.'))
const parts = {
  guarded: { open: () => Promise.reject(new Error('Nothing is asked.')) },
  clock: new TestClock(),
  log: silentLog,
}

const withModel = (model: unknown): unknown => ({ name: 'a', models: { m: { model } } })

const create = (options: unknown) => createAiSdk(options as AiSdkOptions, parts)

const REFUSED: readonly (readonly [title: string, options: unknown, words: RegExp])[] = [
  [
    'an older specification',
    withModel(plainModel('', noFetch, { specificationVersion: 'v3' })),
    /models\["m"\]\.model is a model of specification "v3", and "v4" is needed: install the newest version/,
  ],
  [
    'a model that makes a video inside one call',
    withModel({ specificationVersion: 'v4', provider: 'x', modelId: 'x', doGenerate: async () => ({}) }),
    /has no doStart and doStatus: it makes a video inside one call, which a restart would lose/,
  ],
  [
    'a function that leaves our fetch unused',
    withModel(() => PACKAGES['xai']!.make('http://127.0.0.1:1', noFetch)),
    /leaves the given fetch unused.*write \(\{ fetch \}\) => createX/,
  ],
  [
    'a function that gives nothing',
    withModel(({ fetch: _fetch }: { fetch: unknown }) => undefined),
    /a function that gives no model/,
  ],
  [
    'a text in the place of a model',
    withModel('xai/grok'),
    /must be \(\{ fetch \}\) => createX[^]*models\.m\.model/,
  ],
  ['no models', { name: 'a', models: {} }, /must name a model/],
  [
    'a word that is misspelled',
    { name: 'a', models: { m: { model: plainModel('', noFetch), second: [4] } } },
    /Unrecognized key: "second"[^]*models\.m/,
  ],
  [
    'a deadline below a minute',
    { name: 'a', models: { m: { model: plainModel('', noFetch) } }, timing: { deadlineMs: 5 } },
    /timing\.deadlineMs/,
  ],
  [
    'a table with a meaning that there is not',
    {
      name: 'a',
      models: { m: { model: plainModel('', noFetch) } },
      table: { statuses: { ok: 'fine' }, statusOf: () => 'ok' },
    },
    /table\.statuses\.ok/,
  ],
]

for (const [title, options, words] of REFUSED) {
  test(`refused at start: ${title}`, async () => {
    await assert.rejects(create(options), (error) => {
      assert.ok(error instanceof TypeError)
      assert.match(error.message, words)
      return true
    })
  })
}

test('what a model takes is data, and what its provider has no field for is refused at create', async () => {
  const xai = PACKAGES['xai']!.make('http://127.0.0.1:1', noFetch)
  const provider = await create({
    name: 'a',
    models: {
      described: {
        model: xai,
        seconds: [4, 8],
        ratios: ['16:9'],
        resolutions: ['720p'],
        inputs: { first_frame: 1 },
        audio: 'always',
      },
      ranged: { model: plainModel('', noFetch), seconds: { min: 1, max: 15, default: 5 }, lacks: ['seed'] },
      open: { model: xai },
    },
    timing: { intervalMs: 2_000 },
    pacing: { inFlightMax: 3 },
  })
  const models = provider.models()
  assert.deepEqual(models[0]?.capabilities, {
    seconds: { min: 4, max: 8, values: [4, 8], default: 4 },
    sizes: [],
    ratios: ['16:9'],
    resolutions: ['720p'],
    inputs: { first_frame: 1 },
    audio: 'always',
    lacks: ['negative_prompt', 'seed'],
  })
  assert.deepEqual(models[1]?.capabilities?.seconds, { min: 1, max: 15, values: null, default: 5 })
  assert.deepEqual(models[1]?.capabilities?.lacks, ['negative_prompt', 'seed'])
  assert.equal(models[2]?.capabilities, null)
  const { timing, pacing } = provider.traits
  assert.deepEqual([timing.firstPollMs, timing.intervalMs], [10_000, 2_000])
  assert.deepEqual([pacing.perSecond, pacing.inFlightMax], [2, 3])
})
