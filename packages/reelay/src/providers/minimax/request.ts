import type { ModelCapabilities, ModelPrice, SecondsRange } from '@reelay/sdk'
import type { ProviderModel } from '../../task/capabilities.ts'
import type { VideoRequest } from '../../task/request.ts'
import { numberOf } from '../../system/json.ts'
import { arrangeInputs, type ArrangedInputs } from '../arrange-inputs.ts'
import { dataUri } from '../data-uri.ts'
import { fitToModel } from '../fit-to-model.ts'
import type { InputFile, StartRequest } from '../provider.ts'
import { refuseFields } from '../refuse-fields.ts'
import { jsonBody } from '../request-body.ts'
import type { UpstreamBody } from '../upstream.ts'
import { withoutNulls } from '../without-nulls.ts'

/** Two generations of routes, with other bodies, other words and other ways to the bytes. */
export type MinimaxVersion = 'v1' | 'v2'

export const MINIMAX_OPTIONS: readonly string[] = ['prompt_optimizer', 'fast_pretreatment', 'aigc_watermark']

const SIX_OR_TEN: SecondsRange = { min: 6, max: 10, values: [6, 10], default: 6 }
const BOTH_FRAMES = { first_frame: 1, last_frame: 1 } as const

const H3_SECONDS = 5
const H3_RESOLUTION = '2K'
/** The faster one makes nothing larger. */
const H3_MAX_RESOLUTION = '768P'
const H3_RATIO = '16:9'

function hailuo(id: string, inputs: ModelCapabilities['inputs']): ProviderModel {
  const resolutions = ['768p', '1080p']
  return {
    id,
    capabilities: {
      seconds: SIX_OR_TEN,
      sizes: [],
      ratios: [],
      resolutions,
      inputs,
      audio: 'never',
      lacks: ['negative_prompt', 'seed'],
    },
    price: null,
  }
}

/** At its only resolution. Reference pictures after the fifth cost more. */
const H3_PRICE: ModelPrice = {
  currency: 'USD',
  per_second: '0.13',
  per_video: null,
  as_of: '2026-10-24',
  source: 'https://platform.minimax.io/docs/guides/pricing-paygo',
}

/** Those that make videos from text; the others may be named as `minimax/<model>`. */
export const MINIMAX_MODELS: readonly ProviderModel[] = [
  {
    id: 'MiniMax-H3',
    capabilities: {
      seconds: { min: 5, max: 15, values: null, default: H3_SECONDS },
      sizes: [],
      ratios: ['16:9', '9:16', '1:1', '4:3', '3:4', '21:9', 'adaptive'],
      resolutions: [H3_RESOLUTION.toLowerCase()],
      inputs: { ...BOTH_FRAMES, reference: 9 },
      audio: 'never',
      frames_set_ratio: true,
      lacks: ['negative_prompt', 'seed'],
    },
    price: H3_PRICE,
  },
  hailuo('MiniMax-Hailuo-2.3', { first_frame: 1 }),
  hailuo('MiniMax-Hailuo-02', BOTH_FRAMES),
]

type MinimaxCreate = { version: MinimaxVersion; path: string; body: UpstreamBody }

/** The generation of the routes that serve a model. */
export const minimaxVersionOf = (model: string): MinimaxVersion => (/^minimax-h\d/i.test(model) ? 'v2' : 'v1')

const uriOf = async (file: InputFile | null): Promise<string | null> => (file === null ? null : dataUri(file))

const tierOf = ({ resolution }: VideoRequest): string | null => resolution?.toUpperCase() ?? null

async function bodyV1(
  request: VideoRequest,
  { firstFrame, lastFrame }: ArrangedInputs,
): Promise<Record<string, unknown>> {
  return {
    prompt: request.prompt,
    duration: numberOf(request.seconds),
    resolution: tierOf(request),
    first_frame_image: await uriOf(firstFrame),
    last_frame_image: await uriOf(lastFrame),
  }
}

async function pictures(
  role: 'first_frame' | 'last_frame' | 'reference_image',
  files: readonly (InputFile | null)[],
): Promise<object[]> {
  const given = files.filter((file) => file !== null)
  const uris = await Promise.all(given.map(dataUri))
  return uris.map((url) => ({ type: 'image_url', image_url: { url }, role }))
}

/** With frames, the picture decides; from text alone it must be said. */
function ratioOf(
  { aspectRatio }: VideoRequest,
  { firstFrame, references }: Pick<ArrangedInputs, 'firstFrame' | 'references'>,
): string | null {
  if (firstFrame !== null) return null
  return aspectRatio ?? (references.length === 0 ? H3_RATIO : null)
}

const isH3Max = (model: string): boolean => /^minimax-h\d-max/i.test(model)

async function bodyV2(
  model: string,
  request: VideoRequest,
  { firstFrame, lastFrame, references }: ArrangedInputs,
): Promise<Record<string, unknown>> {
  const content = [
    { type: 'text', text: request.prompt },
    ...(await pictures('first_frame', [firstFrame])),
    ...(await pictures('last_frame', [lastFrame])),
    ...(await pictures('reference_image', references)),
  ]
  return {
    content,
    resolution: tierOf(request) ?? (isH3Max(model) ? H3_MAX_RESOLUTION : H3_RESOLUTION),
    duration: numberOf(request.seconds) ?? H3_SECONDS,
    ratio: ratioOf(request, { firstFrame, references }),
  }
}

/** The create of one video, or why it cannot be asked for. */
export async function minimaxCreate(start: StartRequest): Promise<MinimaxCreate | { refused: string }> {
  const version = minimaxVersionOf(start.model)
  const inputs = arrangeInputs(start.inputs, { takesReferences: version === 'v2' })
  if ('refused' in inputs) return inputs
  if (inputs.firstFrame === null && inputs.lastFrame !== null) {
    return { refused: 'This model takes a last_frame only together with a first_frame.' }
  }
  const known = MINIMAX_MODELS.find(({ id }) => id === start.model)
  const request = fitToModel(start.request, known)
  const fields = ['seed', 'negativePrompt', 'generateAudio'] as const
  const unknown = refuseFields(request, { provider: 'MiniMax', fields })
  if (unknown !== null) return unknown
  const own = version === 'v2' ? await bodyV2(start.model, request, inputs) : await bodyV1(request, inputs)
  const body = withoutNulls({
    ...request.providerOptions,
    model: start.model,
    ...own,
    callback_url: start.callbackUrl,
  })
  return { version, path: `/${version}/video_generation`, body: jsonBody(body) }
}
