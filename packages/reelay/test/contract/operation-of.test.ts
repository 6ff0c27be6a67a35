import assert from 'node:assert/strict'
import { mkdtempDisposableSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test, type TestContext } from 'node:test'
import { parseAllowHosts } from '../../src/net/allow-hosts.ts'
import { createGuard } from '../../src/net/guard.ts'
import { createGuardedClient } from '../../src/net/guarded-fetch.ts'
import type { JobHints, Provider } from '../../src/providers/provider.ts'
import { PROVIDER_KINDS, type ProviderParts } from '../../src/providers/registry.ts'
import { systemIds } from '../../src/system/ids.ts'
import { silentLog } from '../../src/system/log.ts'
import { TestClock } from '../../src/system/test-clock.ts'
import type { Operation } from '../../src/task/verdict.ts'

const NONE: JobHints = { model: null, endpoint: null }

/** Nothing is sent: an operation is made without asking anybody. */
async function provider(context: TestContext, name: string): Promise<Provider> {
  const folder = mkdtempDisposableSync(join(tmpdir(), 'reelay-operation-'))
  const kind = PROVIDER_KINDS.find((known) => known.name === name)!
  const clock = new TestClock()
  const guarded = createGuardedClient({ guard: createGuard({ allow: parseAllowHosts('') }), clock })
  const media: ProviderParts['media'] = {
    unavailable: async () => 'not here',
    render: async () => {
      throw new Error('nothing is rendered')
    },
    poster: async () => undefined,
    stop: async () => {},
  }
  const settings = Object.entries(kind.settings).map(([setting, { kind: type }]) => [
    setting,
    type === 'secret' ? 'key_1' : type === 'url' ? 'http://127.0.0.1:9' : undefined,
  ])
  const parts = { guarded, clock, ids: systemIds, media, log: silentLog, dataDir: folder.path }
  const made = await kind.create({ ...Object.fromEntries(settings), COMFYUI_WORKFLOWS: folder.path }, parts)
  context.after(async () => {
    await made.stop?.()
    folder.remove()
  })
  return made
}

const PLAIN = ['ark', 'dashscope', 'luma', 'openai', 'openrouter', 'replicate', 'runway', 'vidu', 'xai']

for (const name of [...PLAIN, 'cometapi', 'local']) {
  test(`${name}: the id is enough, and only an id is one`, async (context) => {
    const { operationOf } = bound(await provider(context, name))
    assert.deepEqual(operationOf('job-1', NONE), { providerTaskId: 'job-1' })
    for (const wrong of ['', '.', '..', 'a b', 'ä', 'x'.repeat(257)])
      assert.match(refusalOf(operationOf(wrong, NONE)), /^This is not an id/, wrong)
  })
}

type Case = { id: string; hints: Partial<JobHints>; expected: Operation | RegExp }

const GEMINI = 'models/veo-3.1-generate-preview/operations/abc'
const FAL = '/fal-ai/veo3.1/requests/req-1'

const CASES: Readonly<Record<string, readonly Case[]>> = {
  kling: [
    { id: '1', hints: {}, expected: /endpoint, one of text2video, image2video, multi-image2video/ },
    { id: '1', hints: { endpoint: 'omni' }, expected: /endpoint, one of/ },
    { id: '..', hints: { endpoint: 'text2video' }, expected: /not an id/ },
    {
      id: '1',
      hints: { endpoint: 'image2video' },
      expected: { providerTaskId: '1', endpoint: '/v1/videos/image2video' },
    },
  ],
  fal: [
    { id: 'req-1', hints: {}, expected: /give model/ },
    { id: 'req-1', hints: { model: 'veo3.1' }, expected: /give model/ },
    { id: 'req-1', hints: { model: '../../x' }, expected: /give model/ },
    { id: '..', hints: { model: 'fal-ai/veo3.1' }, expected: /not an id/ },
    {
      id: 'req-1',
      hints: { model: 'fal-ai/veo3.1/fast/image-to-video' },
      expected: { providerTaskId: 'req-1', statusPath: `${FAL}/status`, responsePath: FAL },
    },
  ],
  gemini: [
    { id: GEMINI, hints: {}, expected: { providerTaskId: GEMINI } },
    { id: 'operations/abc', hints: {}, expected: /whole name/ },
    { id: 'models/../operations/x', hints: {}, expected: /whole name/ },
    {
      id: 'abc',
      hints: { model: 'veo-3.1-generate-preview' },
      expected: { providerTaskId: GEMINI },
    },
    {
      id: 'operations/abc',
      hints: { model: 'veo-3.1-generate-preview' },
      expected: { providerTaskId: GEMINI },
    },
  ],
  minimax: [
    { id: '1', hints: {}, expected: /v1 or v2/ },
    { id: '1', hints: { endpoint: 'v3', model: 'MiniMax-H3' }, expected: /v1 or v2/ },
    { id: '1', hints: { endpoint: 'v2' }, expected: { providerTaskId: '1', version: 'v2' } },
    { id: '1', hints: { model: 'MiniMax-Hailuo-02' }, expected: { providerTaskId: '1', version: 'v1' } },
    { id: '1', hints: { model: 'MiniMax-H3' }, expected: { providerTaskId: '1', version: 'v2' } },
  ],
  pixverse: [
    { id: '378432197', hints: {}, expected: { providerTaskId: '378432197' } },
    { id: 'abc', hints: {}, expected: /video_id/ },
    { id: '0', hints: {}, expected: /video_id/ },
  ],
}

for (const [name, cases] of Object.entries(CASES)) {
  test(`${name}: what else has to be known of a job is asked for`, async (context) => {
    const { operationOf } = bound(await provider(context, name))
    for (const { id, hints, expected } of cases) {
      const operation = operationOf(id, { ...NONE, ...hints })
      const label = JSON.stringify({ id, ...hints })
      if (expected instanceof RegExp) assert.match(refusalOf(operation), expected, label)
      else assert.deepEqual(operation, expected, label)
    }
  })
}

test('localai: its jobs live in the request that made them, so no id leads to one', async (context) => {
  assert.equal('operationOf' in (await provider(context, 'localai')), false)
})

function refusalOf(operation: Operation | string): string {
  assert.ok(typeof operation === 'string', JSON.stringify(operation))
  return operation
}

function bound(made: Provider): { operationOf: NonNullable<Provider['operationOf']> } {
  if (made.operationOf === undefined) throw new Error('it has no operationOf')
  return { operationOf: made.operationOf.bind(made) }
}
