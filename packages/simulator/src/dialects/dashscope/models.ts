import type { RenderTime } from '../../render-time.ts'

/** What one model takes. */
export interface WanRules {
  /** `text`: no picture. `frame`: one to begin with. `references`: some. `any`: as the request likes. */
  readonly from: 'text' | 'frame' | 'references' | 'any'
  /** Null where it takes tiers. */
  readonly sizes: readonly string[] | null
  readonly tiers: readonly string[]
  readonly seconds: { readonly min: number; readonly max: number; readonly values?: readonly number[] }
}

const SIZES_480P = ['832*480', '480*832', '624*624']
const SIZES_720P = ['1280*720', '720*1280', '960*960', '1088*832', '832*1088']
const SIZES_1080P = ['1920*1080', '1080*1920', '1440*1440', '1632*1248', '1248*1632']
const HD_SIZES = [...SIZES_1080P, ...SIZES_720P]
const HD_TIERS = ['720P', '1080P']
const ALL_TIERS = ['480P', ...HD_TIERS]

const range = (min: number, max: number): WanRules['seconds'] => ({ min, max })
const FIVE_OR_TEN = { min: 5, max: 10, values: [5, 10] }
const FIVE = { min: 5, max: 5, values: [5] }

const sized = (from: WanRules['from'], sizes: readonly string[], seconds: WanRules['seconds']): WanRules => ({
  from,
  sizes,
  tiers: [],
  seconds,
})

const tiered = (
  from: WanRules['from'],
  tiers: readonly string[],
  seconds: WanRules['seconds'],
): WanRules => ({ from, sizes: null, tiers, seconds })

/** Collected from public descriptions and the public client (assumed): there is no list to ask. */
export const WAN_MODELS: ReadonlyMap<string, WanRules> = new Map([
  ['wan3.0-video', tiered('any', ALL_TIERS, range(2, 15))],
  ['wan2.7-t2v', tiered('text', HD_TIERS, range(2, 15))],
  ['wan2.7-t2v-2026-06-12', tiered('text', HD_TIERS, range(2, 15))],
  ['wan2.7-i2v', tiered('frame', HD_TIERS, range(2, 15))],
  ['wan2.7-r2v', tiered('references', HD_TIERS, range(2, 10))],
  ['wan2.7-r2v-2026-06-12', tiered('references', HD_TIERS, range(2, 10))],
  ['wan2.6-t2v', sized('text', HD_SIZES, range(2, 15))],
  ['wan2.6-t2v-us', sized('text', HD_SIZES, range(2, 15))],
  ['wan2.6-i2v', tiered('frame', HD_TIERS, range(2, 15))],
  ['wan2.6-i2v-us', tiered('frame', HD_TIERS, range(2, 15))],
  ['wan2.6-i2v-flash', tiered('frame', HD_TIERS, range(2, 15))],
  ['wan2.6-r2v', sized('references', HD_SIZES, range(2, 10))],
  ['wan2.6-r2v-flash', sized('references', HD_SIZES, range(2, 10))],
  ['wan2.5-t2v-preview', sized('text', [...HD_SIZES, ...SIZES_480P], FIVE_OR_TEN)],
  ['wan2.5-i2v-preview', tiered('frame', ALL_TIERS, FIVE_OR_TEN)],
  ['wan2.2-t2v-plus', sized('text', [...SIZES_1080P, ...SIZES_480P], FIVE)],
  ['wan2.2-i2v-plus', tiered('frame', ['480P', '1080P'], FIVE)],
])

/** One to five minutes, as its pages say; how they are spread is assumed. */
export const WAN_RENDER_TIMES: Readonly<Record<string, RenderTime>> = {
  'wan2.6-i2v-flash': { medianMs: 60_000, sigma: 0.3 },
  'wan2.6-r2v-flash': { medianMs: 60_000, sigma: 0.3 },
  'wan2.2-t2v-plus': { medianMs: 90_000, sigma: 0.3 },
  'wan2.2-i2v-plus': { medianMs: 90_000, sigma: 0.3 },
  default: { medianMs: 150_000, sigma: 0.35 },
}
