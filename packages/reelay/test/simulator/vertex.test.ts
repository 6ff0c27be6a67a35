import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createVertex } from '../../src/providers/vertex/index.ts'
import {
  opened,
  simulatedProviderContract,
  type SimulatedParts,
  type SimulatedSubject,
} from './simulated-provider-contract.ts'

const optionsOf = ({
  baseUrl,
  apiKey,
  guarded,
  clock,
}: SimulatedParts): Parameters<typeof createVertex>[0] => ({
  project: 'my-project',
  accessToken: apiKey,
  baseUrl,
  storageBaseUrl: baseUrl,
  guarded,
  clock,
})

const INLINE: SimulatedSubject = {
  name: 'vertex without a bucket',
  dialect: 'vertex',
  model: 'veo-3.1-generate-001',
  open: (parts) => createVertex(optionsOf(parts)),
  // They come inside the answer to a look.
  bytes: null,
  // Its word for bad input refuses for good, whatever the status.
  starts: { '200error': 'rejected', '500invalid': 'rejected' },
}

simulatedProviderContract(INLINE)

simulatedProviderContract({
  ...INLINE,
  name: 'vertex with a bucket',
  open: (parts) => createVertex({ ...optionsOf(parts), storageUri: 'gs://my-bucket/videos' }),
  bytes: 'content',
})

test('simulated vertex: the check knows a good token from a wrong one', async (context) => {
  const signal = new AbortController().signal
  assert.equal((await (await opened(context, INLINE)).provider.check?.(signal))?.ok, true)
  const wrong: SimulatedSubject = {
    ...INLINE,
    open: (parts) => createVertex(optionsOf({ ...parts, apiKey: 'other' })),
  }
  const check = await (await opened(context, wrong)).provider.check?.(signal)
  assert.deepEqual([check?.ok, check?.detail.includes('UNAUTHENTICATED')], [false, true])
})
