import type { ModelCapabilities } from '@reelay/sdk'
import { numberOf } from '../../system/json.ts'
import type { ProviderModel } from '../../task/capabilities.ts'
import { arrangeInputs, type ArrangedInputs } from '../arrange-inputs.ts'
import { dataUri } from '../data-uri.ts'
import { fitToModel } from '../fit-to-model.ts'
import type { InputFile, StartRequest } from '../provider.ts'
import { refuseFields } from '../refuse-fields.ts'
import { jsonBody } from '../request-body.ts'
import type { UpstreamBody } from '../upstream.ts'
import { withoutNulls } from '../without-nulls.ts'

/** Its own parameters. `off_peak` is left out: such jobs take up to two days, far beyond the default deadline. */
export const VIDU_OPTIONS: readonly string[] = [
  'style',
  'movement_amplitude',
  'bgm',
  'watermark',
  'wm_position',
]

const RATIOS = ['16:9', '9:16', '1:1', '4:3', '3:4']
const TIERS = ['720p', '540p', '1080p']
const BOTH_FRAMES = { first_frame: 1, last_frame: 1 } as const
const REFERENCES_MAX = 7

function model(id: string, capabilities: Omit<ModelCapabilities, 'sizes'>): ProviderModel {
  return { id, capabilities: { ...capabilities, sizes: [] }, price: null }
}

function q3(id: string): ProviderModel {
  return model(id, {
    seconds: { min: 1, max: 16, values: null, default: 5 },
    ratios: RATIOS,
    resolutions: TIERS,
    inputs: BOTH_FRAMES,
    audio: 'optional',
    frames_set_ratio: true,
    lacks: ['negative_prompt'],
  })
}

/** Those that make videos from text; the others may be named as `vidu/<model>`. */
export const VIDU_MODELS: readonly ProviderModel[] = [
  q3('viduq3-pro'),
  q3('viduq3-turbo'),
  model('viduq2', {
    seconds: { min: 1, max: 10, values: null, default: 5 },
    ratios: RATIOS,
    resolutions: TIERS,
    inputs: { reference: REFERENCES_MAX },
    audio: 'never',
    lacks: ['negative_prompt'],
  }),
  model('viduq1', {
    seconds: { min: 5, max: 5, values: [5], default: 5 },
    ratios: ['16:9', '9:16', '1:1'],
    resolutions: ['1080p'],
    inputs: { ...BOTH_FRAMES, reference: REFERENCES_MAX },
    audio: 'never',
    frames_set_ratio: true,
    lacks: ['negative_prompt'],
  }),
]

type ViduCreate = { path: string; body: UpstreamBody }

/** The route, its pictures in order, and whether the ratio is chosen: with frames, the picture decides. */
type ViduRoute = { kind: string; images: readonly InputFile[]; takesRatio: boolean }

function routeOf({ firstFrame, lastFrame, references }: ArrangedInputs): ViduRoute | { refused: string } {
  if (references.length > 0) return { kind: 'reference2video', images: references, takesRatio: true }
  if (firstFrame === null) {
    return lastFrame === null
      ? { kind: 'text2video', images: [], takesRatio: true }
      : { refused: 'This model takes a last_frame only together with a first_frame.' }
  }
  return lastFrame === null
    ? { kind: 'img2video', images: [firstFrame], takesRatio: false }
    : { kind: 'start-end2video', images: [firstFrame, lastFrame], takesRatio: false }
}

/** The create of one video, or why it cannot be asked for. */
export async function viduCreate(start: StartRequest): Promise<ViduCreate | { refused: string }> {
  const known = VIDU_MODELS.find(({ id }) => id === start.model)
  const takesReferences = (known?.capabilities?.inputs.reference ?? 0) > 0
  const inputs = arrangeInputs(start.inputs, { takesReferences })
  if ('refused' in inputs) return inputs
  const route = routeOf(inputs)
  if ('refused' in route) return route
  const unknown = refuseFields(start.request, { provider: 'Vidu', fields: ['negativePrompt'] })
  if (unknown !== null) return unknown
  const request = fitToModel(start.request, known)
  const images = await Promise.all(route.images.map(dataUri))
  const body = withoutNulls({
    ...request.providerOptions,
    model: start.model,
    prompt: request.prompt,
    images: images.length === 0 ? null : images,
    duration: numberOf(request.seconds),
    resolution: request.resolution,
    aspect_ratio: route.takesRatio ? request.aspectRatio : null,
    audio: request.generateAudio,
    seed: request.seed,
    payload: start.clientToken,
    callback_url: start.callbackUrl,
  })
  return { path: `/ent/v2/${route.kind}`, body: jsonBody(body) }
}
