import { createFal } from '../../src/providers/fal/index.ts'
import { simulatedProviderContract } from './simulated-provider-contract.ts'

simulatedProviderContract({
  dialect: 'fal',
  model: 'fal-ai/kling-video/v2.5-turbo/pro/text-to-video',
  open: createFal,
  bytes: 'link',
  looks: true,
  indistinct: { json: 'A result bears no id: any object may be the output of a model that made no video.' },
})
