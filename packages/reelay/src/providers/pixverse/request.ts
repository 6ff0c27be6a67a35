import type { ModelCapabilities, SecondsRange } from '@reelay/sdk'
import type { ProviderModel } from '../../task/capabilities.ts'
import { numberOf } from '../../system/json.ts'
import { arrangeInputs, type ArrangedInputs } from '../arrange-inputs.ts'
import { fitToModel } from '../fit-to-model.ts'
import type { InputFile, StartRequest } from '../provider.ts'
import { sizeAsTier } from '../size-as-tier.ts'
import { withoutNulls } from '../without-nulls.ts'

const PIXVERSE_ENDPOINTS = {
  text: '/openapi/v2/video/text/generate',
  image: '/openapi/v2/video/img/generate',
  frames: '/openapi/v2/video/transition/generate',
} as const

/** Its own parameters. Those that name things of the account (templates, webhooks, voices) are left out. */
export const PIXVERSE_OPTIONS: readonly string[] = [
  'camera_movement',
  'generate_multi_clip_switch',
  'motion_mode',
  'style',
  'thinking_type',
  'water_mark',
]

const RATIOS = ['16:9', '9:16', '1:1', '4:3', '3:4']
const QUALITIES = ['360p', '540p', '720p', '1080p']

/** Length, quality and ratio must always be said: these are the least that cost anything. */
const SECONDS_DEFAULT = 5
const QUALITY_DEFAULT = '540p'
const RATIO_DEFAULT = '16:9'

/** The provider calls its models `v5`: too short a name among those of others. */
const ID_PREFIX = 'pixverse-'

function model(
  version: string,
  seconds: Pick<SecondsRange, 'min' | 'max' | 'values'>,
  audio: ModelCapabilities['audio'],
): ProviderModel {
  const capabilities: ModelCapabilities = {
    seconds: { ...seconds, default: SECONDS_DEFAULT },
    sizes: [],
    ratios: RATIOS,
    resolutions: QUALITIES,
    inputs: { first_frame: 1, last_frame: 1 },
    audio,
    frames_set_ratio: true,
  }
  return { id: `${ID_PREFIX}${version}`, capabilities, price: null }
}

const FIVE_EIGHT_TEN = { min: 5, max: 10, values: [5, 8, 10] }

/** Others may be named as `pixverse/<model>`, with or without the prefix. */
export const PIXVERSE_MODELS: readonly ProviderModel[] = [
  model('v6', { min: 1, max: 15, values: null }, 'optional'),
  model('v5.6', FIVE_EIGHT_TEN, 'optional'),
  model('v5.5', FIVE_EIGHT_TEN, 'optional'),
  model('v5', { min: 5, max: 8, values: [5, 8] }, 'never'),
  model('v4.5', { min: 5, max: 8, values: [5, 8] }, 'never'),
]

/** A create, and the pictures that must be uploaded for it: each under the field that takes its id. */
export type PixverseCreate = {
  path: string
  fields: Record<string, unknown>
  pictures: readonly { field: string; file: InputFile }[]
}

function picturesOf({ firstFrame, lastFrame }: ArrangedInputs): PixverseCreate['pictures'] {
  if (firstFrame === null) return []
  if (lastFrame === null) return [{ field: 'img_id', file: firstFrame }]
  return [
    { field: 'first_frame_img', file: firstFrame },
    { field: 'last_frame_img', file: lastFrame },
  ]
}

/** The create of one video, or why it cannot be asked for. */
export function pixverseCreate(start: StartRequest): PixverseCreate | { refused: string } {
  const inputs = arrangeInputs(start.inputs, { takesReferences: false })
  if ('refused' in inputs) return inputs
  if (inputs.firstFrame === null && inputs.lastFrame !== null) {
    return { refused: 'PixVerse takes a last_frame only with a first_frame.' }
  }
  const known = PIXVERSE_MODELS.find(({ id }) => id === start.model)
  const tiers = { ratios: RATIOS, resolutions: QUALITIES }
  const request = sizeAsTier(fitToModel(start.request, known), tiers)
  if ('refused' in request) return request
  const pictures = picturesOf(inputs)
  const fields = withoutNulls({
    ...request.providerOptions,
    model: start.model.startsWith(ID_PREFIX) ? start.model.slice(ID_PREFIX.length) : start.model,
    prompt: request.prompt,
    negative_prompt: request.negativePrompt,
    duration: numberOf(request.seconds) ?? SECONDS_DEFAULT,
    quality: request.resolution ?? QUALITY_DEFAULT,
    // With pictures, these decide.
    aspect_ratio: pictures.length > 0 ? null : (request.aspectRatio ?? RATIO_DEFAULT),
    seed: request.seed,
    generate_audio_switch: request.generateAudio,
  })
  const { text, image, frames } = PIXVERSE_ENDPOINTS
  return { path: [text, image, frames][pictures.length] ?? text, fields, pictures }
}
