import { createCometapi } from '../../src/providers/cometapi/index.ts'
import { simulatedProviderContract } from './simulated-provider-contract.ts'

/** Its code for bad input refuses for good, whatever the status. */
const REFUSED = { '200error': 'rejected', '500invalid': 'rejected' } as const

simulatedProviderContract({
  name: 'cometapi',
  dialect: 'comet',
  model: 'wan2.6',
  open: createCometapi,
  bytes: 'link',
  starts: REFUSED,
})
