import type { ModelCapabilities, SecondsRange } from '@reelay/sdk'
import type { ProviderModel } from '../../task/capabilities.ts'
import { arrangeInputs, type ArrangedInputs } from '../arrange-inputs.ts'
import { base64Of } from '../data-uri.ts'
import { fitToModel } from '../fit-to-model.ts'
import type { StartRequest } from '../provider.ts'
import { refuseFields } from '../refuse-fields.ts'
import { jsonBody } from '../request-body.ts'
import type { UpstreamBody } from '../upstream.ts'
import { withoutNulls } from '../without-nulls.ts'

/** Jobs are asked for under the path that made them. */
export const KLING_ENDPOINTS = {
  text: '/v1/videos/text2video',
  image: '/v1/videos/image2video',
  references: '/v1/videos/multi-image2video',
} as const

/** Its own parameters. Those that name things of the account (voices, elements) or fetch from a URL are left out. */
export const KLING_OPTIONS: readonly string[] = [
  'mode',
  'cfg_scale',
  'camera_control',
  'multi_shot',
  'shot_type',
  'multi_prompt',
  'watermark_info',
]

/** The resolution is chosen by the mode. */
const MODES: Readonly<Record<string, string>> = { '720p': 'std', '1080p': 'pro' }

const FIVE_OR_TEN: SecondsRange = { min: 5, max: 10, values: [5, 10], default: 5 }
const BOTH_FRAMES = { first_frame: 1, last_frame: 1 } as const

function model(
  id: string,
  given: Partial<Pick<ModelCapabilities, 'seconds' | 'resolutions' | 'inputs' | 'audio'>>,
): ProviderModel {
  const capabilities: ModelCapabilities = {
    seconds: FIVE_OR_TEN,
    sizes: [],
    ratios: ['16:9', '9:16', '1:1'],
    resolutions: Object.keys(MODES),
    inputs: BOTH_FRAMES,
    audio: 'never',
    frames_set_ratio: true,
    lacks: ['seed'],
    ...given,
  }
  return { id, capabilities, price: null }
}

/** Those that make videos from text; the others may be named as `kling/<model>`. */
export const KLING_MODELS: readonly ProviderModel[] = [
  model('kling-v3', { seconds: { min: 3, max: 15, values: null, default: 5 }, audio: 'optional' }),
  model('kling-v2-6', { audio: 'optional' }),
  model('kling-v2-5-turbo', {}),
  model('kling-v2-1-master', { resolutions: [], inputs: { first_frame: 1 } }),
  model('kling-v2-master', { resolutions: [], inputs: { first_frame: 1 } }),
  model('kling-v1-6', { inputs: { ...BOTH_FRAMES, reference: 4 } }),
]

type KlingCreate = { path: string; body: UpstreamBody }

function endpointOf({ firstFrame, lastFrame, references }: ArrangedInputs): string {
  if (references.length > 0) return KLING_ENDPOINTS.references
  return firstFrame === null && lastFrame === null ? KLING_ENDPOINTS.text : KLING_ENDPOINTS.image
}

/** Pictures go as bare base64: it takes no data URI. */
async function pictureFields({
  firstFrame,
  lastFrame,
  references,
}: ArrangedInputs): Promise<Record<string, unknown>> {
  const images = await Promise.all(references.map(base64Of))
  return {
    image: firstFrame === null ? null : await base64Of(firstFrame),
    image_tail: lastFrame === null ? null : await base64Of(lastFrame),
    image_list: images.length === 0 ? null : images.map((image) => ({ image })),
  }
}

/**
 * The create of one video, or why it cannot be asked for.
 *
 * @param models those of the account: the provider's own, or what a reseller of it serves.
 */
export async function klingCreate(
  start: StartRequest,
  models: readonly ProviderModel[],
): Promise<KlingCreate | { refused: string }> {
  const known = models.find(({ id }) => id === start.model)
  const takesReferences = (known?.capabilities?.inputs.reference ?? 0) > 0
  const inputs = arrangeInputs(start.inputs, { takesReferences })
  if ('refused' in inputs) return inputs
  const unknown = refuseFields(start.request, { provider: 'Kling', fields: ['seed'] })
  if (unknown !== null) return unknown
  const request = fitToModel(start.request, known)
  const path = endpointOf(inputs)
  const { generateAudio, providerOptions, resolution } = request
  if (resolution !== null && providerOptions['mode'] !== undefined) {
    return { refused: 'Give resolution or provider_options.mode, not both.' }
  }
  const body = withoutNulls({
    ...providerOptions,
    model_name: start.model,
    prompt: request.prompt,
    negative_prompt: request.negativePrompt,
    mode: providerOptions['mode'] ?? (resolution === null ? null : MODES[resolution]),
    duration: request.seconds,
    // With frames, the picture decides.
    aspect_ratio: path === KLING_ENDPOINTS.image ? null : request.aspectRatio,
    sound: generateAudio === null ? null : generateAudio ? 'on' : 'off',
    ...(await pictureFields(inputs)),
    external_task_id: start.clientToken,
    callback_url: start.callbackUrl,
  })
  return { path, body: jsonBody(body) }
}
