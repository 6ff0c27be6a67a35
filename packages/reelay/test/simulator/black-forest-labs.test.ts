import { createBlackForestLabs } from '@ai-sdk/black-forest-labs'
import { createAiSdk } from '../../src/providers/ai-sdk/index.ts'
import { silentLog } from '../../src/system/log.ts'
import { simulatedProviderContract } from './simulated-provider-contract.ts'

simulatedProviderContract({
  name: 'black-forest-labs by the AI SDK',
  dialect: 'black-forest-labs',
  model: 'flux-3-video',
  open: ({ baseUrl, apiKey, guarded, clock }) =>
    createAiSdk(
      {
        name: 'bfl',
        models: {
          'flux-3-video': {
            model: ({ fetch }) =>
              createBlackForestLabs({ apiKey, baseURL: `${baseUrl}/v1`, fetch }).video('flux-3-video'),
          },
        },
      },
      { guarded, clock, log: silentLog },
    ),
  bytes: 'link',
})
