import { createGateway } from '@ai-sdk/gateway'
import { createAiSdk } from '../../src/providers/ai-sdk/index.ts'
import { silentLog } from '../../src/system/log.ts'
import { simulatedProviderContract } from './simulated-provider-contract.ts'

const MODEL = 'klingai/kling-v2.6-t2v'

simulatedProviderContract({
  name: 'gateway by the AI SDK',
  dialect: 'gateway',
  model: MODEL,
  open: ({ baseUrl, apiKey, guarded, clock }) =>
    createAiSdk(
      {
        name: 'vercel',
        models: {
          [MODEL]: {
            model: ({ fetch }) => createGateway({ apiKey, baseURL: `${baseUrl}/v4/ai`, fetch }).video(MODEL),
          },
        },
      },
      { guarded, clock, log: silentLog },
    ),
  bytes: 'link',
})
