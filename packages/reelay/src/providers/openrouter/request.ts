import type { ModelCapabilities, SecondsRange } from '@reelay/sdk'
import { numberOf } from '../../system/json.ts'
import type { ProviderModel } from '../../task/capabilities.ts'
import { arrangeInputs } from '../arrange-inputs.ts'
import { dataUri } from '../data-uri.ts'
import { fitToModel } from '../fit-to-model.ts'
import type { InputFile, StartRequest } from '../provider.ts'
import { refuseFields } from '../refuse-fields.ts'
import { jsonBody } from '../request-body.ts'
import type { UpstreamBody } from '../upstream.ts'
import { withoutNulls } from '../without-nulls.ts'

type OpenrouterModel = { id: string; capabilities: ModelCapabilities; takesSeed: boolean }

type Frames = 'none' | 'first' | 'both'

const FRAMES: Readonly<Record<Frames, ModelCapabilities['inputs']>> = {
  none: {},
  first: { first_frame: 1 },
  both: { first_frame: 1, last_frame: 1 },
}

/** Its list gives no default. */
const range = (min: number, max: number): SecondsRange => ({ min, max, values: null, default: null })

function choice(...values: readonly number[]): SecondsRange {
  return { min: Math.min(...values), max: Math.max(...values), values, default: null }
}

const WIDE = ['16:9', '9:16']
const SQUARE_TOO = ['16:9', '9:16', '1:1']
const FIVE_RATIOS = ['16:9', '9:16', '1:1', '4:3', '3:4']
const SIX_RATIOS = [...FIVE_RATIOS, '21:9']
const SEVEN_RATIOS = [...SIX_RATIOS, '9:21']
const GROK_RATIOS = [...FIVE_RATIOS, '3:2', '2:3']

type Shapes = Pick<ModelCapabilities, 'ratios' | 'resolutions' | 'audio'> & {
  seconds: SecondsRange
  frames: Frames
  takesSeed: boolean
}

/** Sizes are left out: a tier with a ratio says the same, and every model has those. */
function model(id: string, { frames, takesSeed, ...shapes }: Shapes): OpenrouterModel {
  return { id, capabilities: { ...shapes, sizes: [], inputs: FRAMES[frames] }, takesSeed }
}

const veo = (id: string, resolutions: readonly string[]): OpenrouterModel =>
  model(id, {
    seconds: choice(4, 6, 8),
    ratios: WIDE,
    resolutions,
    frames: 'both',
    audio: 'optional',
    takesSeed: true,
  })

const seedance = (
  id: string,
  seconds: SecondsRange,
  ratios: readonly string[],
  resolutions: readonly string[],
): OpenrouterModel =>
  model(id, { seconds, ratios, resolutions, frames: 'both', audio: 'optional', takesSeed: true })

const kling = (id: string, seconds: SecondsRange): OpenrouterModel =>
  model(id, {
    seconds,
    ratios: SQUARE_TOO,
    resolutions: ['720p'],
    frames: 'both',
    audio: 'optional',
    takesSeed: false,
  })

const alibaba = (id: string, shapes: Omit<Shapes, 'audio' | 'takesSeed'>): OpenrouterModel =>
  model(id, { ...shapes, audio: 'optional', takesSeed: true })

const HD = ['720p', '1080p']

/** As its list of video models described them in late 2026. Others may be named as `openrouter/<model>`. */
const MODELS: readonly OpenrouterModel[] = [
  veo('google/veo-3.1', [...HD, '4k']),
  veo('google/veo-3.1-fast', [...HD, '4k']),
  veo('google/veo-3.1-lite', HD),
  seedance('bytedance/seedance-2.5', range(4, 30), SIX_RATIOS, ['480p', '720p']),
  seedance('bytedance/seedance-2.0', range(4, 15), SEVEN_RATIOS, ['480p', ...HD, '4k']),
  seedance('bytedance/seedance-2.0-fast', range(4, 15), SEVEN_RATIOS, ['480p', '720p']),
  seedance('bytedance/seedance-1-5-pro', range(4, 12), SEVEN_RATIOS, ['480p', ...HD]),
  alibaba('alibaba/wan-3.0', {
    seconds: range(2, 30),
    ratios: FIVE_RATIOS,
    resolutions: ['480p', ...HD],
    frames: 'first',
  }),
  alibaba('alibaba/wan-2.7', {
    seconds: range(2, 10),
    ratios: FIVE_RATIOS,
    resolutions: HD,
    frames: 'both',
  }),
  alibaba('alibaba/wan-2.6', { seconds: choice(5, 10), ratios: WIDE, resolutions: HD, frames: 'first' }),
  alibaba('alibaba/happyhorse-1.1', {
    seconds: range(3, 15),
    ratios: SEVEN_RATIOS,
    resolutions: HD,
    frames: 'first',
  }),
  kling('kwaivgi/kling-v3.0-pro', range(3, 15)),
  kling('kwaivgi/kling-v3.0-std', range(3, 15)),
  kling('kwaivgi/kling-video-o1', choice(5, 10)),
  model('minimax/hailuo-3', {
    seconds: range(5, 15),
    ratios: SIX_RATIOS,
    resolutions: ['2k'],
    frames: 'both',
    audio: 'optional',
    takesSeed: false,
  }),
  model('minimax/hailuo-2.3', {
    seconds: choice(6, 10),
    ratios: ['16:9'],
    resolutions: ['1080p'],
    frames: 'first',
    audio: 'never',
    takesSeed: true,
  }),
  model('openai/sora-2-pro', {
    seconds: choice(4, 8, 12, 16, 20),
    ratios: WIDE,
    resolutions: HD,
    frames: 'none',
    audio: 'optional',
    takesSeed: false,
  }),
  model('runway/gen-4.5', {
    seconds: range(2, 10),
    ratios: WIDE,
    resolutions: ['720p'],
    frames: 'first',
    audio: 'never',
    takesSeed: true,
  }),
  model('x-ai/grok-imagine-video-1.5', {
    seconds: range(1, 15),
    ratios: GROK_RATIOS,
    resolutions: ['480p', ...HD],
    frames: 'first',
    audio: 'optional',
    takesSeed: true,
  }),
]

export const OPENROUTER_MODELS: readonly ProviderModel[] = MODELS.map(({ id, capabilities }) => ({
  id,
  capabilities,
  price: null,
}))

type Refused = { refused: string }

type Picture = { type: 'image_url'; image_url: { url: string }; frame_type?: 'first_frame' | 'last_frame' }

async function picture(file: InputFile): Promise<Picture> {
  return { type: 'image_url', image_url: { url: await dataUri(file) } }
}

async function frame(file: InputFile | null, frame_type: 'first_frame' | 'last_frame'): Promise<Picture[]> {
  return file === null ? [] : [{ ...(await picture(file)), frame_type }]
}

const orNull = (pictures: readonly Picture[]): readonly Picture[] | null =>
  pictures.length === 0 ? null : pictures

/** `4K` there, `4k` here. */
const tier = (resolution: string | null): string | null => resolution?.replace(/k$/, 'K') ?? null

/** The body that asks for one video, or why it cannot be asked for. */
export async function openrouterBody(start: StartRequest): Promise<UpstreamBody | Refused> {
  const known = MODELS.find(({ id }) => id === start.model)
  const inputs = arrangeInputs(start.inputs, { takesReferences: known === undefined })
  if ('refused' in inputs) return inputs
  const refusal = refuseFields(start.request, {
    provider: known?.takesSeed === false ? `The model ${start.model}` : 'OpenRouter',
    fields: known?.takesSeed === false ? ['negativePrompt', 'seed'] : ['negativePrompt'],
  })
  if (refusal !== null) return refusal
  const request = fitToModel(
    start.request,
    OPENROUTER_MODELS.find(({ id }) => id === start.model),
  )
  const first = await frame(inputs.firstFrame, 'first_frame')
  const last = await frame(inputs.lastFrame, 'last_frame')
  return jsonBody(
    withoutNulls({
      model: start.model,
      prompt: request.prompt,
      duration: numberOf(request.seconds),
      size: request.size,
      resolution: tier(request.resolution),
      aspect_ratio: request.aspectRatio,
      seed: request.seed,
      generate_audio: request.generateAudio,
      frame_images: orNull([...first, ...last]),
      input_references: orNull(await Promise.all(inputs.references.map(picture))),
      callback_url: start.callbackUrl,
    }),
  )
}
