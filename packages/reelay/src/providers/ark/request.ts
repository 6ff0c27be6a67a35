import type { ModelCapabilities, SecondsRange } from '@reelay/sdk'
import type { ProviderModel } from '../../task/capabilities.ts'
import type { VideoRequest } from '../../task/request.ts'
import { arrangeInputs, type ArrangedInputs } from '../arrange-inputs.ts'
import { dataUri } from '../data-uri.ts'
import { fitToModel } from '../fit-to-model.ts'
import type { InputFile, StartRequest } from '../provider.ts'
import { refuseFields } from '../refuse-fields.ts'
import { jsonBody } from '../request-body.ts'
import { sizeAsTier } from '../size-as-tier.ts'
import type { UpstreamBody } from '../upstream.ts'
import { withoutNulls } from '../without-nulls.ts'

/** Where an account lives: Volcengine Ark in China, BytePlus ModelArk elsewhere. Their keys and model names differ. */
export type ArkRegion = 'cn-beijing' | 'ap-southeast'

/** Its own parameters. Those that name things of the account, call back or reach out to tools are left out. */
export const ARK_OPTIONS: readonly string[] = [
  'camera_fixed',
  'draft',
  'frames',
  'priority',
  'return_last_frame',
  'service_tier',
  'watermark',
]

const RATIOS = ['16:9', '9:16', '1:1', '4:3', '3:4', '21:9']
const RESOLUTIONS = ['480p', '720p', '1080p']
const FIRST_FRAME = { first_frame: 1 } as const
const BOTH_FRAMES = { first_frame: 1, last_frame: 1 } as const

/** For models that the catalog does not have: ratios and tiers as any Seedance knows them. */
const ANY_GEOMETRY = { ratios: RATIOS, resolutions: RESOLUTIONS }

const seconds = (min: number, max: number): SecondsRange => ({ min, max, values: null, default: 5 })

function model(
  id: string,
  given: Partial<ModelCapabilities> & Pick<ModelCapabilities, 'inputs'>,
): ProviderModel {
  const capabilities: ModelCapabilities = {
    seconds: seconds(2, 12),
    sizes: [],
    ratios: RATIOS,
    resolutions: RESOLUTIONS,
    audio: 'never',
    lacks: ['negative_prompt'],
    ...given,
  }
  return { id, capabilities, price: null }
}

/** These choose a ratio by the pictures or the prompt, when asked to. */
const withAdaptive = { ratios: [...RATIOS, 'adaptive'], audio: 'optional' } as const

const seedance2 = {
  ...withAdaptive,
  seconds: seconds(4, 15),
  inputs: { ...BOTH_FRAMES, reference: 9 },
} as const

const seedance15 = { ...withAdaptive, seconds: seconds(4, 12), inputs: BOTH_FRAMES } as const

const MODELS: Readonly<Record<ArkRegion, readonly ProviderModel[]>> = {
  'cn-beijing': [
    model('doubao-seedance-2-0-260128', seedance2),
    model('doubao-seedance-2-0-fast-260128', { ...seedance2, resolutions: ['480p', '720p'] }),
    model('doubao-seedance-1-5-pro-251215', seedance15),
    model('doubao-seedance-1-0-pro-250528', { inputs: BOTH_FRAMES }),
    model('doubao-seedance-1-0-pro-fast-251015', { inputs: FIRST_FRAME }),
    model('doubao-seedance-1-0-lite-t2v-250428', { inputs: {} }),
    model('doubao-seedance-1-0-lite-i2v-250428', { inputs: { ...BOTH_FRAMES, reference: 4 } }),
  ],
  'ap-southeast': [
    model('dreamina-seedance-2-0-260128', seedance2),
    model('dreamina-seedance-2-0-fast-260128', { ...seedance2, resolutions: ['480p', '720p'] }),
    model('seedance-1-5-pro-251215', seedance15),
    model('seedance-1-0-pro-250528', { inputs: BOTH_FRAMES }),
    model('seedance-1-0-pro-fast-251015', { inputs: FIRST_FRAME }),
    model('seedance-1-0-lite-t2v-250428', { inputs: {} }),
    model('seedance-1-0-lite-i2v-250428', { inputs: { ...BOTH_FRAMES, reference: 4 } }),
  ],
}

/** Models differ by name only; others, and one's own endpoints (`ep-…`), may be named as `ark/<model>`. */
export const arkModels = (region: ArkRegion): readonly ProviderModel[] => MODELS[region]

async function image(file: InputFile, role: string): Promise<object> {
  return { type: 'image_url', image_url: { url: await dataUri(file) }, role }
}

async function contentOf({ prompt }: VideoRequest, inputs: ArrangedInputs): Promise<readonly object[]> {
  const { firstFrame, lastFrame, references } = inputs
  const pictures = [
    ...(firstFrame === null ? [] : [image(firstFrame, 'first_frame')]),
    ...(lastFrame === null ? [] : [image(lastFrame, 'last_frame')]),
    ...references.map(async (file) => image(file, 'reference_image')),
  ]
  return [...(prompt === '' ? [] : [{ type: 'text', text: prompt }]), ...(await Promise.all(pictures))]
}

/** The body of a create, or why the job cannot be asked for. */
export async function arkBody(
  { request: asked, model: name, inputs: files, callbackUrl }: StartRequest,
  models: readonly ProviderModel[],
): Promise<UpstreamBody | { refused: string }> {
  const known = models.find(({ id }) => id === name)
  const takesReferences = (known?.capabilities?.inputs.reference ?? 0) > 0
  const inputs = arrangeInputs(files, { takesReferences })
  if ('refused' in inputs) return inputs
  const unknown = refuseFields(asked, { provider: 'Seedance', fields: ['negativePrompt'] })
  if (unknown !== null) return unknown
  const request = sizeAsTier(fitToModel(asked, known), known?.capabilities ?? ANY_GEOMETRY)
  if ('refused' in request) return request
  return jsonBody(
    withoutNulls({
      ...request.providerOptions,
      model: name,
      content: await contentOf(request, inputs),
      duration: request.seconds === null ? null : Number(request.seconds),
      resolution: request.resolution,
      ratio: request.aspectRatio,
      seed: request.seed,
      generate_audio: request.generateAudio,
      callback_url: callbackUrl,
    }),
  )
}
