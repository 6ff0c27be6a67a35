import type { TestContext } from 'node:test'
import { parseAllowHosts } from '../../src/net/allow-hosts.ts'
import { createGuard } from '../../src/net/guard.ts'
import { createGuardedClient } from '../../src/net/guarded-fetch.ts'
import { createAiSdk } from '../../src/providers/ai-sdk/index.ts'
import type { AiSdkModel, AiSdkOptions } from '../../src/providers/ai-sdk/options.ts'
import type { VideoModelV4 } from '../../src/providers/ai-sdk/video-model.ts'
import type { Provider } from '../../src/providers/provider.ts'
import { silentLog } from '../../src/system/log.ts'
import { TestClock } from '../../src/system/test-clock.ts'
import type { Operation } from '../../src/task/verdict.ts'
import { startFaultServer, type Behaviour, type FaultServer } from '../contract/fault-server.ts'
import { PACKAGES } from './packages.ts'

export const MODEL = 'm'

export type OpenedBridge = { provider: Provider; upstream: FaultServer; clock: TestClock }

type Fetch = typeof globalThis.fetch

/** The bridge with one model before a server of its own; both end with the test. */
export async function openModel(
  context: TestContext,
  behave: Behaviour,
  make: (baseUrl: string) => AiSdkModel,
  options: Partial<AiSdkOptions> = {},
): Promise<OpenedBridge> {
  const upstream = await startFaultServer(behave)
  context.after(() => upstream.close())
  const clock = new TestClock()
  const guarded = createGuardedClient({ guard: createGuard({ allow: parseAllowHosts('') }), clock })
  const models = { [MODEL]: make(upstream.baseUrl) }
  const provider = await createAiSdk(
    { name: 'bridge', models, ...options },
    { guarded, clock, log: silentLog },
  )
  return { provider, upstream, clock }
}

/** The same with one of the SDK's packages. */
export function openPackage(
  context: TestContext,
  name: string,
  behave: Behaviour,
  described: Omit<AiSdkModel, 'model'> = {},
): Promise<OpenedBridge> {
  return openModel(context, behave, (baseUrl) => ({
    ...described,
    model: ({ fetch }) => PACKAGES[name]!.make(baseUrl, fetch),
  }))
}

/** A job as a former process stored it, of the model that `openModel` makes. */
export const job = (providerTaskId: string, operation: unknown, baseUrl: string | null): Operation => ({
  providerTaskId,
  adapter: 'ai-sdk',
  adapterVersion: 1,
  model: MODEL,
  origin: baseUrl,
  operation,
})

/** A model of nobody's package, as plain as the specification allows. */
export const plainModel = (
  baseUrl: string,
  fetch: Fetch,
  parts: Partial<VideoModelV4> = {},
): VideoModelV4 => ({
  specificationVersion: 'v4',
  provider: 'acme.video',
  modelId: 'acme-1',
  doStart: async () => {
    const response = await fetch(`${baseUrl}/jobs`, { method: 'POST', body: '{}' })
    if (!response.ok) throw new Error(`The server answered ${response.status}.`)
    const { job: id }: { job: string } = JSON.parse(await response.text())
    return { operation: { job: id }, warnings: [] }
  },
  doStatus: async () => {
    const response = await fetch(`${baseUrl}/jobs/1`)
    const body: { state: string; url: string } = JSON.parse(await response.text())
    if (body.state === 'broken') throw new Error('A broken job.')
    if (body.state === 'lost') return { status: 'error', error: 'It was lost.' }
    return body.state === 'done'
      ? { status: 'completed', videos: [{ type: 'url', url: body.url, mediaType: 'video/mp4' }] }
      : { status: 'pending' }
  },
  ...parts,
})
