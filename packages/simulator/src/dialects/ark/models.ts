import type { RenderTime } from '../../render-time.ts'

/** At Volcengine and, under names of their own, at BytePlus; from public descriptions (assumed). */
export const ARK_MODELS: readonly string[] = [
  'doubao-seedance-2-0-260128',
  'doubao-seedance-2-0-fast-260128',
  'doubao-seedance-1-5-pro-251215',
  'doubao-seedance-1-0-pro-250528',
  'doubao-seedance-1-0-pro-fast-251015',
  'doubao-seedance-1-0-lite-t2v-250428',
  'doubao-seedance-1-0-lite-i2v-250428',
  'dreamina-seedance-2-0-260128',
  'dreamina-seedance-2-0-fast-260128',
  'seedance-1-5-pro-251215',
  'seedance-1-0-pro-250528',
  'seedance-1-0-pro-fast-251015',
  'seedance-1-0-lite-t2v-250428',
  'seedance-1-0-lite-i2v-250428',
]

/** Somebody measured 83 to 253 s for five seconds of 2.0, half of them under 105 s; the rest is assumed. */
const PRO: RenderTime = { medianMs: 105_000, sigma: 0.32 }
const FAST: RenderTime = { medianMs: 45_000, sigma: 0.3 }

export const ARK_RENDER_TIMES: Readonly<Record<string, RenderTime>> = {
  ...Object.fromEntries(ARK_MODELS.map((model) => [model, /-fast-|-lite-/u.test(model) ? FAST : PRO])),
  default: PRO,
}

/** Lengths in seconds. */
export function secondsOf(model: string): { readonly min: number; readonly max: number } {
  if (/seedance-2/u.test(model)) return { min: 4, max: 15 }
  if (/seedance-1-5/u.test(model)) return { min: 4, max: 12 }
  return { min: 2, max: 12 }
}

/** Pixels of a frame, by tier; the ratio hardly changes them. */
const PIXELS: Readonly<Record<string, number>> = {
  '480p': 864 * 480,
  '720p': 1280 * 720,
  '1080p': 1920 * 1088,
}

export const FRAMES_PER_SECOND = 24

/** What is billed: pixels of all frames, by 1024. It agrees with the documented samples. */
export function tokensOf(resolution: string, seconds: number): number {
  const pixels = PIXELS[resolution] ?? PIXELS['720p'] ?? 0
  return Math.round((pixels * (FRAMES_PER_SECOND * seconds + 1)) / 1024)
}
