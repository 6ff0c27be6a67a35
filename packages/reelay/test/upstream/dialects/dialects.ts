import type { Dialect } from '../dialect.ts'
import { comet } from './comet.ts'
import { openai } from './openai.ts'
import { sglang } from './sglang.ts'
import { vllm } from './vllm.ts'

export type DialectName = 'comet' | 'openai' | 'vllm' | 'sglang'

export const DIALECTS: Readonly<Record<DialectName, Dialect>> = { comet, openai, vllm, sglang }
