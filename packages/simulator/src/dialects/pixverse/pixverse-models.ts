/** What a model takes: lengths as its capability matrix has them, as far as public clients repeat it. */
export interface PixverseModel {
  readonly seconds: readonly number[]
}

const oneTo = (last: number): readonly number[] => Array.from({ length: last }, (_, index) => index + 1)

export const PIXVERSE_MODELS: Readonly<Record<string, PixverseModel>> = {
  v6: { seconds: oneTo(15) },
  'v5.6': { seconds: [5, 8, 10] },
  'v5.5': { seconds: [5, 8, 10] },
  v5: { seconds: [5, 8] },
  'v4.5': { seconds: [5, 8] },
  v4: { seconds: [5, 8] },
  'v3.5': { seconds: [5, 8] },
}

export const PIXVERSE_QUALITIES: readonly string[] = ['360p', '540p', '720p', '1080p']

export const PIXVERSE_RATIOS: readonly string[] = ['16:9', '4:3', '1:1', '3:4', '9:16', '2:3', '3:2', '21:9']
