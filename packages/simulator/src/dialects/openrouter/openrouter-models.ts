/** What its list of video models tells of one. */
export interface OpenrouterModel {
  readonly durations: readonly number[]
  readonly resolutions: readonly string[]
  readonly ratios: readonly string[]
  readonly frames: readonly ('first_frame' | 'last_frame')[]
  readonly audio: boolean
}

const range = (first: number, last: number): readonly number[] =>
  Array.from({ length: last - first + 1 }, (_, index) => first + index)

const WIDE = ['16:9', '9:16']
const SQUARE_TOO = [...WIDE, '1:1']
const MANY = ['16:9', '9:16', '1:1', '4:3', '3:4', '21:9', '9:21']
const BOTH = ['first_frame', 'last_frame'] as const

const model = (
  durations: readonly number[],
  resolutions: readonly string[],
  ratios: readonly string[],
  frames: OpenrouterModel['frames'],
): OpenrouterModel => ({ durations, resolutions, ratios, frames, audio: true })

/** Some of each maker's. A few shapes of late 2026, not all of its list. */
export const OPENROUTER_MODELS: Readonly<Record<string, OpenrouterModel>> = {
  'google/veo-3.1': model([4, 6, 8], ['720p', '1080p', '4K'], WIDE, BOTH),
  'google/veo-3.1-fast': model([4, 6, 8], ['720p', '1080p', '4K'], WIDE, BOTH),
  'bytedance/seedance-2.0': model(range(4, 15), ['480p', '720p', '1080p', '4K'], MANY, BOTH),
  'alibaba/wan-2.6': model([5, 10], ['720p', '1080p'], WIDE, ['first_frame']),
  'kwaivgi/kling-v3.0-std': model(range(3, 15), ['720p'], SQUARE_TOO, BOTH),
  'minimax/hailuo-3': model(range(5, 15), ['2K'], MANY, BOTH),
  'openai/sora-2-pro': model([4, 8, 12, 16, 20], ['720p', '1080p'], WIDE, []),
  'runway/gen-4.5': model(range(2, 10), ['720p'], WIDE, ['first_frame']),
  'x-ai/grok-imagine-video-1.5': model(range(1, 15), ['480p', '720p', '1080p'], MANY, ['first_frame']),
}
