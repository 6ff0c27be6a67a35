import type { ModelCapabilities, SecondsRange } from '@reelay/sdk'
import type { ProviderModel } from '../../task/capabilities.ts'
import { dataUri } from '../data-uri.ts'
import { hostedCatalog, hostedInput, type HostedModel, type InputFields } from '../hosted-model.ts'
import type { InputFile, StartRequest } from '../provider.ts'
import { jsonBody } from '../request-body.ts'
import type { UpstreamBody } from '../upstream.ts'

/** Parameters of its models. Those that fetch from a URL or change how results are moderated are left out. */
export const REPLICATE_OPTIONS: readonly string[] = [
  'camera_fixed',
  'enable_prompt_expansion',
  'fps',
  'frames_per_second',
  'go_fast',
  'guidance_scale',
  'num_frames',
  'num_inference_steps',
  'prompt_optimizer',
]

type Described = Omit<ModelCapabilities, 'sizes' | 'inputs'>

/** The pictures of a model follow from its fields. */
function model(id: string, described: Described, fields: InputFields, referencesMax = 0): HostedModel {
  const inputs = {
    ...(fields.firstFrame === null ? {} : { first_frame: 1 }),
    ...(fields.lastFrame === null ? {} : { last_frame: 1 }),
    ...(fields.references === null ? {} : { reference: referencesMax }),
  }
  return { id, capabilities: { ...described, sizes: [], inputs }, fields }
}

const FIRST_FRAME: InputFields = {
  seconds: 'number',
  firstFrame: 'image',
  lastFrame: null,
  references: null,
}

const VEO_SECONDS: SecondsRange = { min: 4, max: 8, values: [4, 6, 8], default: 8 }
const VEO: Described = {
  seconds: VEO_SECONDS,
  ratios: ['16:9', '9:16'],
  resolutions: ['720p', '1080p'],
  audio: 'optional',
}
const VEO_FRAMES: InputFields = { ...FIRST_FRAME, lastFrame: 'last_frame' }

const SEEDANCE: Described = {
  seconds: { min: 2, max: 12, values: null, default: 5 },
  ratios: ['16:9', '9:16', '1:1', '4:3', '3:4', '21:9', '9:21'],
  resolutions: ['480p', '720p', '1080p'],
  audio: 'never',
  lacks: ['negative_prompt'],
}
const SEEDANCE_FRAMES: InputFields = {
  ...FIRST_FRAME,
  lastFrame: 'last_frame_image',
}
const SEEDANCE_ALL: InputFields = { ...SEEDANCE_FRAMES, references: 'reference_images' }
const SEEDANCE_2: Described = {
  ...SEEDANCE,
  seconds: { min: 4, max: 15, values: null, default: 5 },
  audio: 'optional',
}

const KLING: Described = {
  seconds: { min: 5, max: 10, values: [5, 10], default: 5 },
  ratios: [],
  resolutions: ['720p', '1080p'],
  audio: 'never',
  lacks: ['seed'],
}
const KLING_FRAMES: InputFields = {
  ...FIRST_FRAME,
  firstFrame: 'start_image',
  lastFrame: 'end_image',
  needsFirstFrame: true,
  resolution: { field: 'mode', words: { '720p': 'standard', '1080p': 'pro' } },
}

const HAILUO: Described = {
  seconds: { min: 6, max: 10, values: [6, 10], default: 6 },
  ratios: [],
  resolutions: [],
  audio: 'never',
  lacks: ['negative_prompt', 'seed'],
}
const HAILUO_FRAME: InputFields = {
  ...FIRST_FRAME,
  firstFrame: 'first_frame_image',
  needsFirstFrame: true,
}

/** From the pages of these models; others may be named as `replicate/owner/name`. */
const MODELS: readonly HostedModel[] = [
  model('google/veo-3', VEO, FIRST_FRAME),
  model('google/veo-3-fast', VEO, FIRST_FRAME),
  model('google/veo-3.1', VEO, { ...VEO_FRAMES, references: 'reference_images' }, 3),
  model('google/veo-3.1-fast', VEO, VEO_FRAMES),
  model('bytedance/seedance-1-pro', SEEDANCE, SEEDANCE_FRAMES),
  model('bytedance/seedance-1-lite', SEEDANCE, SEEDANCE_ALL, 4),
  model('bytedance/seedance-1.5-pro', { ...SEEDANCE, resolutions: [], audio: 'optional' }, SEEDANCE_FRAMES),
  model('bytedance/seedance-2.0', SEEDANCE_2, SEEDANCE_ALL, 9),
  model('bytedance/seedance-2.0-fast', { ...SEEDANCE_2, resolutions: ['480p', '720p'] }, SEEDANCE_ALL, 9),
  model('kwaivgi/kling-v2.1', KLING, KLING_FRAMES),
  model('minimax/hailuo-02-fast', HAILUO, HAILUO_FRAME),
]

export const REPLICATE_MODELS: readonly ProviderModel[] = hostedCatalog(MODELS)

/** The owner, the model's name, and perhaps one version of it. */
const MODEL_ID = /^([a-z0-9][\w-]*)\/([a-z0-9][\w.-]*)(?::([a-f0-9]{8,64}))?$/i

type ReplicateCreate = { path: string; body: UpstreamBody }

/** The end is all that is worth a call: it also calls for every output, and for the log twice a second. */
const callbackFields = ({ callbackUrl }: StartRequest): Record<string, unknown> =>
  callbackUrl === null ? {} : { webhook: callbackUrl, webhook_events_filter: ['completed'] }

/** Data URIs are recommended below this. */
const DATA_URI_BYTES_MAX = 1_000_000

/**
 * The create of one prediction, or why it cannot be asked for.
 *
 * @param upload makes a link of a file that is too long for a data URI
 */
export async function replicateCreate(
  start: StartRequest,
  upload: (file: InputFile) => Promise<string>,
): Promise<ReplicateCreate | { refused: string }> {
  const [, owner, name, version] = MODEL_ID.exec(start.model) ?? []
  if (owner === undefined || name === undefined) {
    const example = 'for instance google/veo-3.1, with :version for one of its versions'
    return { refused: `"${start.model}" is no model at Replicate: name it as owner/name, ${example}.` }
  }
  const built = await hostedInput(start, {
    models: MODELS,
    unlistedFields: () => FIRST_FRAME,
    spellFile: async (file) => (file.bytes > DATA_URI_BYTES_MAX ? upload(file) : dataUri(file)),
  })
  if ('refused' in built) return built
  const prediction = { ...built, ...callbackFields(start) }
  return version === undefined
    ? { path: `/v1/models/${owner}/${name}/predictions`, body: jsonBody(prediction) }
    : { path: '/v1/predictions', body: jsonBody({ version, ...prediction }) }
}
