import assert from 'node:assert/strict'
import { mkdtempDisposable } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { parseAllowHosts } from '../../src/net/allow-hosts.ts'
import { createGuard } from '../../src/net/guard.ts'
import { createGuardedClient } from '../../src/net/guarded-fetch.ts'
import { createMediaHost } from '../../src/media/media-host.ts'
import { jobOf } from '../../src/providers/local/request.ts'
import type { Provider } from '../../src/providers/provider.ts'
import { PROVIDER_KINDS, type ProviderKind, type ProviderSettings } from '../../src/providers/registry.ts'
import { systemIds } from '../../src/system/ids.ts'
import { silentLog } from '../../src/system/log.ts'
import { TestClock } from '../../src/system/test-clock.ts'
import { answer, json, startFaultServer } from './fault-server.ts'
import { SAID_READERS, type Said } from './said-fields.ts'
import {
  assertNearest,
  assertSaid,
  filesLost,
  leastFiles,
  legalFilesOf,
  legalOf,
  nearMissesOf,
  plan,
  said,
  sayTo,
  type Asking,
  type Planned,
  type Role,
} from './sent-as-asked.ts'

const TIMEOUT_MS = 60_000

/** Enough for an upload to be taken; what is made of a create's answer is not looked at. */
const ANSWER = json(200, { ErrCode: 0, ErrMsg: 'ok', Resp: { img_id: 1 } })

/** They describe no models, and pass on what they are given. */
const UNDESCRIBED: readonly string[] = ['openai', 'localai', 'comfyui']

/** Settings that are neither keys nor addresses. */
const MORE_SETTINGS: Readonly<Record<string, readonly ProviderSettings[]>> = {
  ark: [{ ARK_REGION: 'cn-beijing' }, { ARK_REGION: 'ap-southeast' }],
  bedrock: [{ AWS_REGION: 'us-east-1', BEDROCK_OUTPUT_S3_URI: 's3://bucket/videos' }],
  dashscope: [{ DASHSCOPE_REGION: 'cn' }, { DASHSCOPE_REGION: 'us' }],
  vertex: [{ VERTEX_PROJECT: 'project-1', VERTEX_LOCATION: 'us-central1' }],
}

/** Models of one length that are not told it. */
const LENGTH_UNSAID: ReadonlySet<string> = new Set(
  ['veo3', 'veo3-fast', 'veo3.1', 'veo3.1-fast'].map((model) => `cometapi/${model}`),
)

/** What a model refuses in words although it makes each alone. Nothing is sent then, so nothing is different. */
const REFUSED_TOGETHER: Readonly<Record<string, RegExp>> = {
  'bedrock/amazon.nova-reel-v1:1': /^Nova Reel takes a first_frame with 6 seconds/,
}

/** What the provider is told; null where the adapter refuses it as its page says. */
async function told(asking: Asking, planned: Planned, title: string): Promise<Said | null> {
  const actual = await said(asking, planned)
  if (!('refused' in actual)) {
    const isUnsaid = LENGTH_UNSAID.has(`${asking.account}/${asking.model}`)
    return isUnsaid ? { ...actual, seconds: planned.request.seconds } : actual
  }
  const known = REFUSED_TOGETHER[`${asking.account}/${asking.model}`]
  assert.ok(
    planned.request.inputs.length > 0 && known?.test(actual.refused) === true,
    `${title}: ${actual.refused}`,
  )
  return null
}

function kindOf(name: string): ProviderKind {
  const kind = PROVIDER_KINDS.find((candidate) => candidate.name === name)
  assert.ok(kind)
  return kind
}

function settingsOf({ settings }: ProviderKind, baseUrl: string, more: ProviderSettings): ProviderSettings {
  const given = Object.entries(settings).flatMap(([name, { kind }]) => {
    if (kind === 'secret') return [[name, 'key_12345678']]
    return kind === 'url' ? [[name, baseUrl]] : []
  })
  return { ...Object.fromEntries(given), ...more }
}

async function open(
  kind: ProviderKind,
  { baseUrl = '', more = {}, dataDir = '' }: { baseUrl?: string; more?: ProviderSettings; dataDir?: string },
): Promise<Provider> {
  const clock = new TestClock()
  return kind.create(settingsOf(kind, baseUrl, more), {
    guarded: createGuardedClient({ guard: createGuard({ allow: parseAllowHosts('') }), clock }),
    clock,
    ids: systemIds,
    media: createMediaHost({ workDir: dataDir, log: silentLog, clock }),
    log: silentLog,
    dataDir,
  })
}

/** What is legal passes as it is, without a warning, and is what the provider is told. */
async function checkLegal(asking: Asking, roles: readonly Role[], shapedByFrames: boolean): Promise<void> {
  for (const asked of legalOf(asking, shapedByFrames)) {
    const title = `${asking.account}/${asking.model} ${roles.join()} ${JSON.stringify(asked)}`
    const planned = plan(asking, asked, { roles, normalize: 'none' })
    assert.ok(planned.kind === 'planned', `${title}: ${'message' in planned ? planned.message : ''}`)
    assert.deepEqual(planned.warnings, [], title)
    const actual = await told(asking, planned, title)
    if (actual !== null) assertSaid(actual, asked, title)
  }
}

/** What is not legal is refused by name, or changed to the nearest with a warning, and that is what is told. */
async function checkNearMisses(
  asking: Asking,
  roles: readonly Role[],
  shapedByFrames: boolean,
): Promise<void> {
  for (const near of nearMissesOf(asking, shapedByFrames)) {
    const title = `${asking.account}/${asking.model} ${roles.join()} ${JSON.stringify(near.asked)}`
    const refused = plan(asking, near.asked, { roles, normalize: 'none' })
    assert.ok(refused.kind === 'invalid', `${title} is refused, and not ${JSON.stringify(refused)}`)
    assert.equal(refused.param, near.param, title)
    assert.match(refused.message, / is one of | seconds is |leave .* out/, title)
    const planned = plan(asking, near.asked, { roles, normalize: 'nearest' })
    assert.ok(planned.kind === 'planned', `${title} is normalised`)
    assert.deepEqual(planned.warnings, [near.warning], title)
    assertNearest(asking, planned, near)
    const actual = await told(asking, planned, title)
    if (actual === null) continue
    const { seconds, size, aspectRatio, resolution } = planned.request
    assertSaid(actual, { seconds, size, aspectRatio, resolution }, title)
    if (shapedByFrames) assert.deepEqual([actual.size, actual.aspectRatio], [null, null], title)
  }
}

async function check(asking: Asking): Promise<void> {
  const { inputs, frames_set_ratio: framesSetRatio } = asking.capabilities
  const least = await leastFiles(asking)
  const withFrame: readonly Role[] = least.includes('first_frame') ? least : ['first_frame']
  const variants = inputs.first_frame === undefined ? [least] : [least, withFrame]
  for (const roles of new Set(variants)) {
    const shapedByFrames = framesSetRatio === true && roles.includes('first_frame')
    await checkLegal(asking, roles, shapedByFrames)
    await checkNearMisses(asking, roles, shapedByFrames)
  }
}

async function checkAll(account: string, provider: Provider, say: Asking['say']): Promise<void> {
  const models = provider.models()
  assert.ok(models.length > 0)
  for (const { id: model, capabilities } of models) {
    assert.ok(capabilities, `${model} is described`)
    await check({ account, provider, say, model, capabilities })
  }
}

const SENDING = PROVIDER_KINDS.filter(({ name }) => name !== 'local' && !UNDESCRIBED.includes(name))

for (const kind of SENDING) {
  for (const more of MORE_SETTINGS[kind.name] ?? [{}]) {
    const title = `${kind.name} ${Object.values(more).join(' ')}`.trim()
    test(
      `${title} is told what was asked, or the video says what is different`,
      { timeout: TIMEOUT_MS },
      async () => {
        const read = SAID_READERS[kind.name]
        assert.ok(read, `test/contract/said-fields.ts has no reader of what ${kind.name} is told`)
        const upstream = await startFaultServer(answer(ANSWER))
        const provider = await open(kind, { baseUrl: upstream.baseUrl, more })
        try {
          const say = sayTo(provider, upstream, read)
          await checkAll(kind.name, provider, say)
          for (const { id: model, capabilities } of provider.models()) {
            assert.ok(capabilities)
            const asking: Asking = { account: kind.name, provider, say, model, capabilities }
            for (const roles of legalFilesOf(asking))
              assert.deepEqual(await filesLost(asking, upstream, roles), [], `${model} with ${roles.join()}`)
          }
        } finally {
          await provider.stop?.()
          await upstream.close()
        }
      },
    )
  }
}

test('local renders what was asked', async () => {
  await using directory = await mkdtempDisposable(join(tmpdir(), 'reelay-said-'))
  const provider = await open(kindOf('local'), { dataDir: directory.path })
  await checkAll('local', provider, async (start) => {
    const { seconds, width, height } = jobOf(start)
    return { seconds: String(seconds), size: `${width}x${height}`, aspectRatio: null, resolution: null }
  })
  await provider.stop?.()
})

for (const name of ['openai', 'localai']) {
  test(`${name} describes no models, so that nothing of a request is changed`, async () => {
    const provider = await open(kindOf(name), { baseUrl: 'http://127.0.0.1:9' })
    assert.deepEqual(provider.models(), [])
    await provider.stop?.()
  })
}
