import type { Dialect } from '../dialect.ts'
import { ark } from './ark/index.ts'
import { bedrock } from './bedrock/index.ts'
import { blackForestLabs } from './black-forest-labs/index.ts'
import { comet } from './comet/index.ts'
import { comfyui } from './comfyui/index.ts'
import { dashscope } from './dashscope/index.ts'
import { fal } from './fal/index.ts'
import { gateway } from './gateway/index.ts'
import { gemini } from './gemini/index.ts'
import { kling } from './kling/index.ts'
import { localai } from './localai/index.ts'
import { luma } from './luma/index.ts'
import { minimax } from './minimax/index.ts'
import { openai } from './openai/index.ts'
import { openrouter } from './openrouter/index.ts'
import { pixverse } from './pixverse/index.ts'
import { replicate } from './replicate/index.ts'
import { runway } from './runway/index.ts'
import { sglang } from './sglang/index.ts'
import { vertex } from './vertex/index.ts'
import { vidu } from './vidu/index.ts'
import { vllm } from './vllm/index.ts'
import { xai } from './xai/index.ts'

/** One line each, in the order of the alphabet, here and below. */
export type DialectName =
  | 'ark'
  | 'bedrock'
  | 'black-forest-labs'
  | 'comet'
  | 'comfyui'
  | 'dashscope'
  | 'fal'
  | 'gateway'
  | 'gemini'
  | 'kling'
  | 'localai'
  | 'luma'
  | 'minimax'
  | 'openai'
  | 'openrouter'
  | 'pixverse'
  | 'replicate'
  | 'runway'
  | 'sglang'
  | 'vertex'
  | 'vidu'
  | 'vllm'
  | 'xai'

/** Every dialect that is built in. The command's ports follow this order. */
export const DIALECTS: Readonly<Record<DialectName, Dialect>> = {
  ark,
  bedrock,
  'black-forest-labs': blackForestLabs,
  comet,
  comfyui,
  dashscope,
  fal,
  gateway,
  gemini,
  kling,
  localai,
  luma,
  minimax,
  openai,
  openrouter,
  pixverse,
  replicate,
  runway,
  sglang,
  vertex,
  vidu,
  vllm,
  xai,
}

export function isDialectName(name: string): name is DialectName {
  return Object.hasOwn(DIALECTS, name)
}

/** A dialect by its name. Throws on one that is unknown. */
export function dialectOf(dialect: Dialect | string): Dialect {
  if (typeof dialect !== 'string') return dialect
  if (isDialectName(dialect)) return DIALECTS[dialect]
  throw new Error(`Unknown dialect "${dialect}": use one of ${Object.keys(DIALECTS).join(', ')}.`)
}
