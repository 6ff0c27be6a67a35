import type { RenderTime } from '../../render-time.ts'

/** The three ways to make a video that are served here. A task is asked for under the path that made it. */
export const KLING_KINDS = ['text2video', 'image2video', 'multi-image2video'] as const

export type KlingKind = (typeof KLING_KINDS)[number]

/** Models of each way, the default first; from its capability map, which is assumed to be whole. */
export const KLING_MODELS: Readonly<Record<KlingKind, readonly string[]>> = {
  text2video: [
    'kling-v1',
    'kling-v1-6',
    'kling-v2-master',
    'kling-v2-1-master',
    'kling-v2-5-turbo',
    'kling-v2-6',
    'kling-v3',
  ],
  image2video: [
    'kling-v1',
    'kling-v1-5',
    'kling-v1-6',
    'kling-v2-master',
    'kling-v2-1',
    'kling-v2-1-master',
    'kling-v2-5-turbo',
    'kling-v2-6',
    'kling-v3',
  ],
  'multi-image2video': ['kling-v1-6'],
}

export const ALL_KLING_MODELS: readonly string[] = [...new Set(Object.values(KLING_MODELS).flat())]

/** Null where the path is none of them. */
export function kindOf(path: string): KlingKind | null {
  return KLING_KINDS.find((kind) => path.endsWith(`/v1/videos/${kind}`)) ?? null
}

export function modelDefaultOf(path: string): string {
  return KLING_MODELS[kindOf(path) ?? 'text2video'][0] ?? 'kling-v1'
}

const FIVE_OR_TEN = ['5', '10']
const THREE_TO_FIFTEEN = Array.from({ length: 13 }, (_, index) => String(3 + index))

/** Lengths are texts. */
export const secondsOf = (model: string): readonly string[] =>
  model === 'kling-v3' ? THREE_TO_FIFTEEN : FIVE_OR_TEN

/** Assumed: nobody publishes them. */
export const KLING_RENDER_TIMES: Readonly<Record<string, RenderTime>> = {
  'kling-v2-5-turbo': { medianMs: 75_000, sigma: 0.3 },
  'kling-v2-master': { medianMs: 200_000, sigma: 0.3 },
  'kling-v2-1-master': { medianMs: 200_000, sigma: 0.3 },
  default: { medianMs: 130_000, sigma: 0.35 },
}
