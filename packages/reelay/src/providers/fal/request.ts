import type { ModelCapabilities, SecondsRange } from '@reelay/sdk'
import type { ProviderModel } from '../../task/capabilities.ts'
import { dataUri } from '../data-uri.ts'
import { hostedCatalog, hostedInput, type HostedModel, type InputFields } from '../hosted-model.ts'
import type { StartRequest } from '../provider.ts'
import { jsonBody } from '../request-body.ts'
import type { UpstreamBody } from '../upstream.ts'

/**
 * Parameters of its models. Those that fetch from a URL, change where results go (`sync_mode`) or how they are
 * moderated are left out.
 */
export const FAL_OPTIONS: readonly string[] = [
  'auto_fix',
  'camera_fixed',
  'cfg_scale',
  'enable_prompt_expansion',
  'enhance_prompt',
  'frames_per_second',
  'guidance_scale',
  'num_frames',
  'num_inference_steps',
  'prompt_optimizer',
]

type Described = Omit<ModelCapabilities, 'sizes' | 'inputs'>

const oneOf = (...values: readonly [number, ...number[]]): SecondsRange => ({
  min: Math.min(...values),
  max: Math.max(...values),
  values,
  default: values[0],
})

/** The pictures of an endpoint follow from its fields. */
function model(id: string, described: Described, fields: InputFields): HostedModel {
  const inputs = {
    ...(fields.firstFrame === null ? {} : { first_frame: 1 }),
    ...(fields.lastFrame === null ? {} : { last_frame: 1 }),
  }
  return { id, capabilities: { ...described, sizes: [], inputs }, fields }
}

const TEXT_ONLY: InputFields = {
  seconds: 'text',
  firstFrame: null,
  lastFrame: null,
  references: null,
}

const pictured = (fields: InputFields, firstFrame: string, lastFrame: string | null): InputFields => ({
  ...fields,
  firstFrame,
  lastFrame,
  needsFirstFrame: true,
})

/** The three endpoints of one Veo. */
function veo(id: string, resolutions: readonly string[]): HostedModel[] {
  const text: Described = {
    seconds: { ...oneOf(4, 6, 8), default: 8 },
    ratios: ['16:9', '9:16'],
    resolutions,
    audio: 'optional',
  }
  const image: Described = { ...text, ratios: ['auto', '16:9', '9:16'] }
  const fields: InputFields = { ...TEXT_ONLY, seconds: 'suffixed' }
  return [
    model(id, text, fields),
    model(`${id}/image-to-video`, image, pictured(fields, 'image_url', null)),
    model(`${id}/first-last-frame-to-video`, image, pictured(fields, 'first_frame_url', 'last_frame_url')),
  ]
}

const KLING: Described = {
  seconds: oneOf(5, 10),
  ratios: ['16:9', '9:16', '1:1'],
  resolutions: [],
  audio: 'never',
  lacks: ['seed'],
}

const SEEDANCE: Described = {
  seconds: { min: 4, max: 12, values: null, default: 5 },
  ratios: ['16:9', '9:16', '1:1', '4:3', '3:4', '21:9', 'auto'],
  resolutions: ['480p', '720p', '1080p'],
  audio: 'optional',
  lacks: ['negative_prompt'],
}

const WAN: Described = {
  seconds: oneOf(5, 10),
  ratios: ['16:9', '9:16', '1:1'],
  resolutions: ['480p', '720p', '1080p'],
  audio: 'always',
}

const HAILUO: Described = {
  seconds: oneOf(6, 10),
  ratios: [],
  resolutions: [],
  audio: 'never',
  lacks: ['negative_prompt', 'seed'],
}

const KLING_ID = 'fal-ai/kling-video/v2.5-turbo/pro'
const SEEDANCE_ID = 'fal-ai/bytedance/seedance/v1.5/pro'
const WAN_ID = 'fal-ai/wan-25-preview'

/** Every endpoint is a model of its own there, and here. */
const MODELS: readonly HostedModel[] = [
  ...veo('fal-ai/veo3.1', ['720p', '1080p', '4k']),
  ...veo('fal-ai/veo3.1/fast', ['720p', '1080p', '4k']),
  ...veo('fal-ai/veo3.1/lite', ['720p', '1080p']),
  model(`${KLING_ID}/text-to-video`, KLING, TEXT_ONLY),
  model(
    `${KLING_ID}/image-to-video`,
    { ...KLING, ratios: [] },
    pictured(TEXT_ONLY, 'image_url', 'tail_image_url'),
  ),
  model(`${SEEDANCE_ID}/text-to-video`, SEEDANCE, TEXT_ONLY),
  model(`${SEEDANCE_ID}/image-to-video`, SEEDANCE, pictured(TEXT_ONLY, 'image_url', 'end_image_url')),
  model(`${WAN_ID}/text-to-video`, WAN, TEXT_ONLY),
  model(`${WAN_ID}/image-to-video`, { ...WAN, ratios: [] }, pictured(TEXT_ONLY, 'image_url', null)),
  model('fal-ai/minimax/hailuo-02/standard/text-to-video', HAILUO, TEXT_ONLY),
]

export const FAL_MODELS: readonly ProviderModel[] = hostedCatalog(MODELS)

/** Veo wants `8s` where others want `8`. */
const unlistedFields = (id: string): InputFields => ({
  ...TEXT_ONLY,
  seconds: /\/veo\d/.test(id) ? 'suffixed' : 'text',
  firstFrame: 'image_url',
})

/** The owner, its app, and perhaps a path within that. */
const MODEL_ID = /^[a-z0-9][\w-]*\/[a-z0-9][\w.-]*(\/[a-z0-9][\w.-]*)*$/i

/** Where to call back is no part of the model's input. */
const callbackQuery = ({ callbackUrl }: StartRequest): string =>
  callbackUrl === null ? '' : `?fal_webhook=${encodeURIComponent(callbackUrl)}`

type FalCreate = { path: string; body: UpstreamBody }

/** The create of one video, or why it cannot be asked for. */
export async function falCreate(start: StartRequest): Promise<FalCreate | { refused: string }> {
  if (!MODEL_ID.test(start.model)) {
    return {
      refused: `"${start.model}" is no model at fal: name it as owner/app, for instance fal-ai/veo3.1.`,
    }
  }
  const built = await hostedInput(start, { models: MODELS, unlistedFields, spellFile: dataUri })
  if ('refused' in built) return built
  return { path: `/${start.model}${callbackQuery(start)}`, body: jsonBody(built.input) }
}
