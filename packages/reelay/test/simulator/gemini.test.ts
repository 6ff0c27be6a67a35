import assert from 'node:assert/strict'
import { test, type TestContext } from 'node:test'
import { clipBytes, startSimulator, type CallbackRecord, type Simulator } from '@reelay/simulator'
import { parseAllowHosts } from '../../src/net/allow-hosts.ts'
import { createGuard } from '../../src/net/guard.ts'
import { createGuardedClient } from '../../src/net/guarded-fetch.ts'
import { createGemini } from '../../src/providers/gemini/index.ts'
import type { CallbackReading, Provider } from '../../src/providers/provider.ts'
import { TestClock } from '../../src/system/test-clock.ts'
import { plainRequest, startRequest } from '../contract/provider-subject.ts'
import { presentClock } from './present-clock.ts'
import { simulatedProviderContract } from './simulated-provider-contract.ts'

const MODEL = 'veo-3.1-generate-preview'

simulatedProviderContract({
  dialect: 'gemini',
  model: MODEL,
  open: createGemini,
  bytes: 'content',
  // Its word for bad input refuses for good, whatever the status.
  starts: { '200error': 'rejected', '500invalid': 'rejected' },
})

const signal = new AbortController().signal
const HOOK = 'http://127.0.0.1:9/hooks/gemini/token'

type Opened = { simulator: Simulator; provider: Provider }

/** A project whose webhook is `HOOK`, and an adapter that knows its secret. */
async function opened(context: TestContext, apiKey = 'key-1'): Promise<Opened> {
  const simulator = await startSimulator({
    dialect: 'gemini',
    keys: ['key-1'],
    callbackUrl: HOOK,
    fetch: async () => new Response('ok'),
  })
  const allow = parseAllowHosts([simulator.url, simulator.filesUrl].map((url) => new URL(url).host).join(','))
  const clock = presentClock(new TestClock())
  const guarded = createGuardedClient({ guard: createGuard({ allow }), clock })
  const webhookSecrets = [simulator.secrets.hmac]
  const provider = createGemini({ baseUrl: simulator.url, apiKey, webhookSecrets, guarded, clock })
  context.after(async () => {
    await provider.stop?.()
    await simulator.close()
  })
  return { simulator, provider }
}

async function running({ provider }: Opened, callbackUrl: string | null): Promise<string> {
  const request = { ...plainRequest(MODEL), prompt: '[up:steps=running]' }
  const outcome = await provider.start(startRequest(MODEL, { request, callbackUrl }))
  assert.ok(outcome.kind === 'accepted', JSON.stringify(outcome))
  return outcome.operation.providerTaskId
}

async function readingOf({ provider }: Opened, record: CallbackRecord): Promise<CallbackReading> {
  assert.ok(provider.readCallback !== undefined)
  const { headers, body, url } = record
  return provider.readCallback({ headers, body: Buffer.from(body), urls: [url] })
}

/** Of a token nothing in it is about the body, so it is trusted with any. */
const FAULTS = [
  ['', 'trusted', 'trusted'],
  ['forged', 'forged', 'forged'],
  ['tampered', 'trusted', 'forged'],
  ['old', 'forged', 'forged'],
  ['rotated', 'trusted', 'trusted'],
] as const

for (const [faults, ofToken, ofSecret] of FAULTS) {
  for (const [what, callbackUrl, verdict] of [
    ["a job's own", 'http://127.0.0.1:9/hooks/job', ofToken],
    ["the project's", null, ofSecret],
  ] as const) {
    const title = `a callback to ${what} address, ${faults || 'as it is'}, is ${verdict}`
    test(`simulated gemini: ${title}`, async (context) => {
      const open = await opened(context)
      const id = await running(open, callbackUrl)
      const record = await open.simulator.callback(id, { phase: 'done', faults })
      assert.equal(record.url, callbackUrl ?? HOOK)
      const { hint, job, ...reading } = await readingOf(open, record)
      assert.deepEqual([reading.verdict, hint], [verdict, 'ended'])
      assert.ok(job !== undefined && 'idEnd' in job && id.endsWith(job.idEnd))
    })
  }
}

test('simulated gemini: a video at another origin is fetched without the key', async (context) => {
  const { simulator, provider } = await opened(context)
  const request = { ...plainRequest(MODEL), prompt: '[up:steps=done][up:link-origin=other]' }
  const outcome = await provider.start(startRequest(MODEL, { request }))
  assert.ok(outcome.kind === 'accepted')
  const verdict = await provider.probe(outcome.operation, signal)
  assert.ok(verdict.kind === 'done' && verdict.outputs[0]!.ref.startsWith(simulator.filesUrl))
  const { body } = await provider.open(verdict.outputs[0]!, outcome.operation, signal)
  const chunks: Uint8Array[] = []
  for await (const chunk of body) chunks.push(chunk)
  assert.ok(clipBytes('mp4').equals(Buffer.concat(chunks)))
  assert.deepEqual(simulator.leaks, [])
})

test('simulated gemini: the check knows a good key from a wrong one', async (context) => {
  assert.equal((await (await opened(context)).provider.check?.(signal))?.ok, true)
  const wrong = await (await opened(context, 'other')).provider.check?.(signal)
  assert.deepEqual([wrong?.ok, wrong?.detail.includes('API_KEY_INVALID')], [false, true])
})
