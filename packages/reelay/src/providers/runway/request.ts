import type { ModelCapabilities, ModelPrice, SecondsRange } from '@reelay/sdk'
import type { ProviderModel } from '../../task/capabilities.ts'
import type { VideoRequest } from '../../task/request.ts'
import { arrangeInputs, type ArrangedInputs } from '../arrange-inputs.ts'
import { dataUri } from '../data-uri.ts'
import { fitToModel } from '../fit-to-model.ts'
import type { StartRequest } from '../provider.ts'
import { refuseFields } from '../refuse-fields.ts'
import { jsonBody } from '../request-body.ts'
import type { UpstreamBody } from '../upstream.ts'
import { withoutNulls } from '../without-nulls.ts'

/** The version of the API that is spoken here. Every request must name it. */
export const RUNWAY_VERSION = '2024-11-06'

const TEXT_TO_VIDEO = '/v1/text_to_video'
export const RUNWAY_IMAGE_TO_VIDEO = '/v1/image_to_video'

/** Its own parameters. Other formats of the result are left out: not all of them are videos. */
export const RUNWAY_OPTIONS: readonly string[] = ['contentModeration']

/** The parameters that a model may lack, as a request names them. */
const FIELDS = { negative_prompt: 'negativePrompt', seed: 'seed' } as const

type RunwayModel = {
  id: string
  /** The default size comes first. */
  capabilities: ModelCapabilities
  /** What the provider refuses a create without. */
  requires: readonly ('size' | 'seconds')[]
  needsPicture: boolean
  price?: ModelPrice
}

const GEN4_SIZES = ['1280x720', '720x1280', '1104x832', '832x1104', '960x960', '1584x672']
const VEO_SIZES = ['1280x720', '720x1280', '1920x1080', '1080x1920']
const SEEDANCE_SIZES = [
  '1280x720',
  '720x1280',
  '960x960',
  '1112x834',
  '834x1112',
  '1470x630',
  '864x496',
  '496x864',
  '640x640',
  '752x560',
  '560x752',
  '992x432',
]
const SEEDANCE_FULL_SIZES = [
  ...SEEDANCE_SIZES,
  '1920x1080',
  '1080x1920',
  '1440x1440',
  '1664x1248',
  '1248x1664',
  '2206x946',
  '3840x2160',
  '2160x3840',
  '3840x3840',
  '3840x2880',
  '2880x3840',
  '3840x1646',
]

const range = (min: number, max: number): SecondsRange => ({ min, max, values: null, default: 5 })
const VEO_SECONDS: SecondsRange = { min: 4, max: 8, values: [4, 6, 8], default: 8 }
const FIRST_FRAME = { first_frame: 1 } as const
const BOTH_FRAMES = { first_frame: 1, last_frame: 1 } as const

type Given = Pick<ModelCapabilities, 'seconds' | 'sizes' | 'inputs' | 'audio' | 'lacks'>

const bySize = (given: Given): ModelCapabilities => ({ ratios: [], resolutions: [], ...given })

function veo(id: string): RunwayModel {
  const capabilities = bySize({
    seconds: VEO_SECONDS,
    sizes: VEO_SIZES,
    inputs: BOTH_FRAMES,
    audio: 'optional',
  })
  return { id, capabilities, requires: ['size'], needsPicture: false }
}

function seedance(id: string, sizes: readonly string[]): RunwayModel {
  const inputs = { ...BOTH_FRAMES, reference: 9 }
  const lacks = ['negative_prompt'] as const
  const capabilities = bySize({ seconds: range(4, 15), sizes, inputs, audio: 'optional', lacks })
  return { id, capabilities, requires: [], needsPicture: false }
}

const gen4 = bySize({
  seconds: range(2, 10),
  sizes: GEN4_SIZES,
  inputs: FIRST_FRAME,
  audio: 'never',
  lacks: ['negative_prompt'],
})

/** 5 credits, of a cent each. */
const GEN4_TURBO_PRICE: ModelPrice = {
  currency: 'USD',
  per_second: '0.05',
  per_video: null,
  as_of: '2026-07-11',
  source: 'https://docs.dev.runwayml.com/guides/pricing/',
}

const MODELS: readonly RunwayModel[] = [
  {
    id: 'gen4.5',
    capabilities: gen4,
    requires: ['size', 'seconds'],
    needsPicture: false,
  },
  {
    id: 'gen4_turbo',
    capabilities: gen4,
    requires: ['size'],
    needsPicture: true,
    price: GEN4_TURBO_PRICE,
  },
  veo('veo3.1'),
  veo('veo3.1_fast'),
  seedance('seedance2', SEEDANCE_FULL_SIZES),
  seedance('seedance2_fast', SEEDANCE_SIZES),
  seedance('seedance2_mini', SEEDANCE_SIZES),
]

/** Those that make videos from text or pictures; others may be named as `runway/<model>`. */
export const RUNWAY_MODELS: readonly ProviderModel[] = MODELS.map(({ id, capabilities, price }) => ({
  id,
  capabilities,
  price: price ?? null,
}))

export type RunwayCreate = { path: string; body: UpstreamBody }

/** How a request's pictures are written; null when it has none. */
type SpellPictures = (inputs: ArrangedInputs) => Promise<unknown>

/** A picture without a position is a reference. */
export async function runwayPictures({
  firstFrame,
  lastFrame,
  references,
}: ArrangedInputs): Promise<object[] | null> {
  const pictures = [
    ...(firstFrame === null ? [] : [{ file: firstFrame, position: 'first' }]),
    ...(lastFrame === null ? [] : [{ file: lastFrame, position: 'last' }]),
    ...references.map((file) => ({ file, position: null })),
  ]
  if (pictures.length === 0) return null
  return Promise.all(
    pictures.map(async ({ file, position }) => withoutNulls({ uri: await dataUri(file), position })),
  )
}

/** The request with what the provider wants to be told and the client left open. */
function withRequired(request: VideoRequest, known: RunwayModel | undefined): VideoRequest {
  if (known === undefined) return request
  const { requires, capabilities } = known
  const defaultSize = requires.includes('size') ? (capabilities.sizes[0] ?? null) : null
  const defaultSeconds = requires.includes('seconds') ? (capabilities.seconds?.default ?? null) : null
  return {
    ...request,
    size: request.size ?? defaultSize,
    seconds: request.seconds ?? defaultSeconds?.toString() ?? null,
  }
}

/** The create of one video, or why it cannot be asked for. */
export async function runwayCreate(
  { request: asked, model: name, inputs: files }: StartRequest,
  spellPictures: SpellPictures,
): Promise<RunwayCreate | { refused: string }> {
  const known = MODELS.find(({ id }) => id === name)
  const takesReferences = (known?.capabilities.inputs.reference ?? 0) > 0
  const inputs = arrangeInputs(files, { takesReferences })
  if ('refused' in inputs) return inputs
  const fields = (known?.capabilities.lacks ?? []).map((lacked) => FIELDS[lacked])
  const unknown = refuseFields(asked, { provider: `The model ${name}`, fields })
  if (unknown !== null) return unknown
  const image = await spellPictures(inputs)
  if (image === null && known?.needsPicture === true)
    return { refused: `The model ${name} needs a first_frame.` }
  const request = withRequired(fitToModel(asked, known && { ...known, price: null }), known)
  if (request.size !== null && request.aspectRatio !== null)
    return { refused: 'Give size or aspect_ratio, not both: it has one field for them.' }
  const body = withoutNulls({
    ...request.providerOptions,
    model: name,
    promptText: request.prompt === '' ? null : request.prompt,
    promptImage: image,
    // Since its version of 2024-11-06, a ratio is the number of pixels; some models of other makers take real ratios.
    ratio: request.size?.replace(/x/i, ':') ?? request.aspectRatio,
    resolution: request.resolution,
    duration: request.seconds === null ? null : Number(request.seconds),
    seed: request.seed,
    negativePrompt: request.negativePrompt,
    audio: request.generateAudio,
  })
  return { path: image === null ? TEXT_TO_VIDEO : RUNWAY_IMAGE_TO_VIDEO, body: jsonBody(body) }
}
