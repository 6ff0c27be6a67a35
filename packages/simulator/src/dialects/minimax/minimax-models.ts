/** What a model of the first generation takes. */
export interface HailuoModel {
  readonly seconds: readonly number[]
  readonly resolutions: readonly string[]
  /** It starts from a picture: without one it refuses. */
  readonly needsPicture: boolean
}

/** What a model of the second generation takes. */
export interface H3Model {
  readonly secondsMin: number
  readonly secondsMax: number
  readonly resolutions: readonly string[]
  /** Pictures, videos and sounds to refer to, beside frames. */
  readonly takesReferences: boolean
}

const hailuo = (needsPicture: boolean, resolutions = ['768P', '1080P']): HailuoModel => ({
  seconds: [6, 10],
  resolutions,
  needsPicture,
})

/** Those of 2024 and 2025: one length, one size. */
const first = (needsPicture: boolean): HailuoModel => ({ seconds: [6], resolutions: ['720P'], needsPicture })

export const HAILUO_MODELS: Readonly<Record<string, HailuoModel>> = {
  'MiniMax-Hailuo-2.3': hailuo(false),
  'MiniMax-Hailuo-2.3-Fast': hailuo(true),
  'MiniMax-Hailuo-02': hailuo(false, ['512P', '768P', '1080P']),
  'T2V-01-Director': first(false),
  'T2V-01': first(false),
  'I2V-01-Director': first(true),
  'I2V-01-live': first(true),
  'I2V-01': first(true),
}

export const H3_MODELS: Readonly<Record<string, H3Model>> = {
  'MiniMax-H3': { secondsMin: 4, secondsMax: 15, resolutions: ['768P', '2K'], takesReferences: true },
  'MiniMax-H3-Max': { secondsMin: 5, secondsMax: 15, resolutions: ['480P', '768P'], takesReferences: false },
}

export const H3_RATIOS: readonly string[] = ['adaptive', '21:9', '16:9', '4:3', '1:1', '3:4', '9:16']
