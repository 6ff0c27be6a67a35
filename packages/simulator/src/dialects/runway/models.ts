import type { RenderTime } from '../../render-time.ts'

/** What one model wants of a create, as the public client's types say it. */
export interface ModelRules {
  /** A create without one of these is refused. */
  readonly requires: readonly string[]
  /** Null: not checked. */
  readonly ratios: readonly string[] | null
  /** The lengths that it makes; null: not checked. */
  readonly seconds: { readonly min: number; readonly max: number; readonly values?: readonly number[] } | null
}

const GEN4_RATIOS = ['1280:720', '720:1280', '1104:832', '832:1104', '960:960', '1584:672']
const VEO_RATIOS = ['1280:720', '720:1280', '1080:1920', '1920:1080']
const SEEDANCE_RATIOS = [
  '992:432',
  '864:496',
  '752:560',
  '640:640',
  '560:752',
  '496:864',
  '1470:630',
  '1280:720',
  '1112:834',
  '960:960',
  '834:1112',
  '720:1280',
]
const SEEDANCE_FULL_RATIOS = [
  ...SEEDANCE_RATIOS,
  '2206:946',
  '1920:1080',
  '1664:1248',
  '1440:1440',
  '1248:1664',
  '1080:1920',
  '3840:1646',
  '3840:2160',
  '3840:2880',
  '3840:3840',
  '2880:3840',
  '2160:3840',
]

const GEN4_SECONDS = { min: 2, max: 10 }
const VEO_SECONDS = { min: 4, max: 8, values: [4, 6, 8] }

const rules = (
  requires: readonly string[],
  ratios: ModelRules['ratios'] = null,
  seconds: ModelRules['seconds'] = null,
): ModelRules => ({ requires, ratios, seconds })

/** The rules of the same kind for many models. */
function same(models: readonly string[], given: ModelRules): [string, ModelRules][] {
  return models.map((model) => [model, given])
}

const SMALL_SEEDANCES = ['seedance2_fast', 'seedance2_mini']
const VEOS = ['veo3.1', 'veo3.1_fast']
/** They want a text even beside a picture. */
const OTHERS = ['hailuo3', 'gemini_omni_flash_1.1', 'wan3', 'wan3_prime', 'h3_max']
const MILDER_OTHERS = ['happyhorse_1_0', 'gemini_omni_flash', 'grok_imagine_1_5']

/** The models of each route. */
export const RUNWAY_KINDS: ReadonlyMap<string, ReadonlyMap<string, ModelRules>> = new Map([
  [
    'text_to_video',
    new Map([
      ['gen4.5', rules(['promptText', 'ratio', 'duration'], ['1280:720', '720:1280'], GEN4_SECONDS)],
      ...same(VEOS, rules(['promptText', 'ratio'], VEO_RATIOS, VEO_SECONDS)),
      ['seedance2', rules(['promptText'], SEEDANCE_FULL_RATIOS)],
      ...same(SMALL_SEEDANCES, rules(['promptText'], SEEDANCE_RATIOS)),
      ['seedance2_5', rules([])],
      ...same([...OTHERS, ...MILDER_OTHERS], rules(['promptText'])),
    ]),
  ],
  [
    'image_to_video',
    new Map([
      ['gen4.5', rules(['promptImage', 'promptText', 'ratio', 'duration'], GEN4_RATIOS, GEN4_SECONDS)],
      ['gen4_turbo', rules(['promptImage', 'ratio'], GEN4_RATIOS, GEN4_SECONDS)],
      ...same(VEOS, rules(['promptImage', 'ratio'], VEO_RATIOS, VEO_SECONDS)),
      ['seedance2', rules(['promptImage'], SEEDANCE_FULL_RATIOS)],
      ...same(SMALL_SEEDANCES, rules(['promptImage'], SEEDANCE_RATIOS)),
      ...same(['seedance2_5', ...MILDER_OTHERS], rules(['promptImage'])),
      ...same(OTHERS, rules(['promptImage', 'promptText'])),
    ]),
  ],
  [
    'video_to_video',
    new Map([
      ['aleph2', rules(['videoUri'])],
      ['seedance2', rules(['promptVideo'], SEEDANCE_FULL_RATIOS)],
      ...same(SMALL_SEEDANCES, rules(['promptVideo'], SEEDANCE_RATIOS)),
      ['seedance2_5', rules(['promptVideo'])],
      ['hailuo3', rules(['promptText', 'promptVideo'])],
      ...same(['gemini_omni_flash', 'gemini_omni_flash_1.1'], rules(['promptText', 'videoUri'])),
    ]),
  ],
  ['character_performance', new Map([['act_two', rules(['character', 'reference'], GEN4_RATIOS)]])],
])

/** Every model that any route takes. */
export const RUNWAY_MODELS: readonly string[] = [
  ...new Set([...RUNWAY_KINDS.values()].flatMap((models) => [...models.keys()])),
]

/** Assumed: nobody publishes them. */
export const RUNWAY_RENDER_TIMES: Readonly<Record<string, RenderTime>> = {
  gen4_turbo: { medianMs: 35_000, sigma: 0.25 },
  'gen4.5': { medianMs: 90_000, sigma: 0.3 },
  'veo3.1': { medianMs: 100_000, sigma: 0.3 },
  'veo3.1_fast': { medianMs: 60_000, sigma: 0.3 },
  default: { medianMs: 120_000, sigma: 0.35 },
}

/** Credits for a second of video. That of Gen-4 Turbo is documented; the rest is assumed. */
const CREDITS_PER_SECOND: Readonly<Record<string, number>> = { gen4_turbo: 5, 'gen4.5': 12, 'veo3.1': 40 }

export function creditsOf(model: string, fields: Readonly<Record<string, unknown>>): number {
  const seconds = typeof fields['duration'] === 'number' ? fields['duration'] : 5
  return Math.ceil((CREDITS_PER_SECOND[model] ?? 15) * seconds)
}
