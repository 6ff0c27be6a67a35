import type { RenderTime } from '../../render-time.ts'

/** What one model's schema wants of the input. */
export interface ModelRules {
  readonly requires: readonly string[]
  /** The lengths in seconds that it makes; null: not checked. */
  readonly durations: readonly number[] | null
}

const PROMPT: readonly string[] = ['prompt']

const wholeSeconds = (min: number, max: number): number[] =>
  Array.from({ length: max - min + 1 }, (_, index) => min + index)

const veo: ModelRules = { requires: PROMPT, durations: [4, 6, 8] }
const seedance: ModelRules = { requires: PROMPT, durations: wholeSeconds(2, 12) }
const seedance2: ModelRules = { requires: PROMPT, durations: wholeSeconds(4, 15) }

/** Some of those that it runs itself, from their pages. Others are taken unchecked. */
export const REPLICATE_MODELS: ReadonlyMap<string, ModelRules> = new Map([
  ['google/veo-3', veo],
  ['google/veo-3-fast', veo],
  ['google/veo-3.1', veo],
  ['google/veo-3.1-fast', veo],
  ['bytedance/seedance-1-pro', seedance],
  ['bytedance/seedance-1-lite', seedance],
  ['bytedance/seedance-1.5-pro', seedance],
  ['bytedance/seedance-2.0', seedance2],
  ['bytedance/seedance-2.0-fast', seedance2],
  ['kwaivgi/kling-v2.1', { requires: ['prompt', 'start_image'], durations: [5, 10] }],
  ['minimax/hailuo-02-fast', { requires: ['prompt', 'first_frame_image'], durations: [6, 10] }],
])

/** Assumed: its pages show single runs only. */
export const REPLICATE_RENDER_TIMES: Readonly<Record<string, RenderTime>> = {
  'google/veo-3.1': { medianMs: 95_000, sigma: 0.3 },
  'google/veo-3.1-fast': { medianMs: 60_000, sigma: 0.3 },
  'bytedance/seedance-1-pro': { medianMs: 65_000, sigma: 0.35 },
  'bytedance/seedance-1-lite': { medianMs: 40_000, sigma: 0.35 },
  'kwaivgi/kling-v2.1': { medianMs: 150_000, sigma: 0.35 },
  'minimax/hailuo-02-fast': { medianMs: 70_000, sigma: 0.3 },
}

/** A version as a create names it: the hash alone, or behind the model that it is of. */
const VERSION = /^(?:(?<model>[^/:]+\/[^/:]+):)?(?<hash>[a-f0-9]{8,64})$/u

/** The model and the hash of a version; null when it is none. A bare hash tells no model. */
export function versionOf(text: string): { model: string | null; hash: string } | null {
  const groups = VERSION.exec(text)?.groups
  return groups === undefined ? null : { model: groups['model'] ?? null, hash: groups['hash'] ?? '' }
}
