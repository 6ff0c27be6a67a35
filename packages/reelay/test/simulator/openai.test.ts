import { createOpenai } from '../../src/providers/openai/index.ts'
import { simulatedProviderContract } from './simulated-provider-contract.ts'

/** OpenAI's code for bad input refuses for good, whatever the status; vLLM-Omni's code is the status itself, and SGLang has none. */
const REFUSED = { '200error': 'rejected', '500invalid': 'rejected' } as const
const SERVERS = [
  { dialect: 'openai', setting: 'auto', model: 'sora-2', starts: REFUSED },
  { dialect: 'openai', setting: 'openai', model: 'sora-2', starts: REFUSED },
  {
    dialect: 'vllm',
    setting: 'vllm-omni',
    model: 'Wan-AI/Wan2.2-T2V-A14B-Diffusers',
    starts: { '200error': 'rejected' },
  },
  { dialect: 'sglang', setting: 'sglang', model: 'Wan-AI/Wan2.1-T2V-1.3B-Diffusers', starts: {} },
] as const

for (const { dialect, setting, model, starts } of SERVERS) {
  simulatedProviderContract({
    name: `${dialect} as ${setting}`,
    dialect,
    model,
    open: (parts) => createOpenai({ ...parts, dialect: setting }),
    bytes: 'content',
    starts,
  })
}
