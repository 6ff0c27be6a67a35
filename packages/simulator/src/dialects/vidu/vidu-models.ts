/** What a model takes: as the page on text to video has it. That it holds with pictures too is assumed. */
export interface ViduModel {
  readonly secondsMin: number
  readonly secondsMax: number
  readonly resolutions: readonly string[]
  readonly ratios: readonly string[]
  /** The routes that serve it. */
  readonly kinds: readonly ViduKind[]
}

export type ViduKind = 'text2video' | 'img2video' | 'start-end2video' | 'reference2video'

const FIVE_RATIOS = ['16:9', '9:16', '1:1', '4:3', '3:4']
const THREE_RATIOS = ['16:9', '9:16', '1:1']
const TIERS = ['540p', '720p', '1080p']
const FRAMES: readonly ViduKind[] = ['img2video', 'start-end2video']

const q3 = (kinds: readonly ViduKind[]): ViduModel => ({
  secondsMin: 1,
  secondsMax: 16,
  resolutions: TIERS,
  ratios: FIVE_RATIOS,
  kinds,
})

const q2 = (kinds: readonly ViduKind[]): ViduModel => ({ ...q3(kinds), secondsMax: 10 })

const q1 = (kinds: readonly ViduKind[]): ViduModel => ({
  secondsMin: 5,
  secondsMax: 5,
  resolutions: ['1080p'],
  ratios: THREE_RATIOS,
  kinds,
})

export const VIDU_MODELS: Readonly<Record<string, ViduModel>> = {
  'viduq3-pro': q3(['text2video', ...FRAMES]),
  'viduq3-turbo': q3(['text2video', ...FRAMES]),
  viduq3: q3(['reference2video']),
  viduq2: q2(['text2video', 'reference2video']),
  'viduq2-pro': q2(FRAMES),
  'viduq2-turbo': q2(FRAMES),
  viduq1: q1(['text2video', ...FRAMES, 'reference2video']),
  'viduq1-classic': q1(FRAMES),
  'vidu2.0': {
    secondsMin: 4,
    secondsMax: 8,
    resolutions: ['360p', '720p', '1080p'],
    ratios: THREE_RATIOS,
    kinds: [...FRAMES, 'reference2video'],
  },
}

/** How many pictures a route takes. */
export const VIDU_PICTURES: Readonly<Record<ViduKind, readonly [least: number, most: number]>> = {
  text2video: [0, 0],
  img2video: [1, 1],
  'start-end2video': [2, 2],
  reference2video: [1, 7],
}

/** The route at the end of a create's path. */
export function kindOf(path: string): ViduKind {
  switch (path.slice(path.lastIndexOf('/') + 1)) {
    case 'img2video':
      return 'img2video'
    case 'start-end2video':
      return 'start-end2video'
    case 'reference2video':
      return 'reference2video'
    default:
      return 'text2video'
  }
}
