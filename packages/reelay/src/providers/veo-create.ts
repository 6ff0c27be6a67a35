import type { ModelCapabilities } from '@reelay/sdk'
import type { ProviderModel } from '../task/capabilities.ts'
import type { VideoRequest } from '../task/request.ts'
import { arrangeInputs, type ArrangedInputs } from './arrange-inputs.ts'
import { base64Of } from './data-uri.ts'
import { fitToModel } from './fit-to-model.ts'
import type { InputFile, StartRequest } from './provider.ts'
import { sizeAsTier } from './size-as-tier.ts'
import { withoutNulls } from './without-nulls.ts'

const TIERS = ['720p', '1080p', '4k']
const RATIOS = ['16:9', '9:16']

/** A model of Veo 3, with what differs from the greatest. */
export function veoModel(
  id: string,
  given: Partial<Pick<ModelCapabilities, 'resolutions' | 'inputs' | 'audio'>>,
): ProviderModel {
  const capabilities: ModelCapabilities = {
    seconds: { min: 4, max: 8, values: [4, 6, 8], default: 8 },
    sizes: [],
    ratios: RATIOS,
    resolutions: TIERS,
    inputs: { first_frame: 1, last_frame: 1, reference: 3 },
    audio: 'always',
    ...given,
  }
  return { id, capabilities, price: null }
}

/** How the lite models differ: no references, no 4k. */
export const VEO_LITE: Pick<ModelCapabilities, 'resolutions' | 'inputs'> = {
  resolutions: ['720p', '1080p'],
  inputs: { first_frame: 1, last_frame: 1 },
}

async function picture(file: InputFile): Promise<Record<string, string>> {
  return { bytesBase64Encoded: await base64Of(file), mimeType: file.mime }
}

/** Pictures go inline: it fetches no links. */
async function pictureFields({
  firstFrame,
  lastFrame,
  references,
}: ArrangedInputs): Promise<Record<string, unknown>> {
  const images = await Promise.all(references.map(picture))
  return {
    image: firstFrame === null ? null : await picture(firstFrame),
    lastFrame: lastFrame === null ? null : await picture(lastFrame),
    referenceImages: images.length === 0 ? null : images.map((image) => ({ image, referenceType: 'asset' })),
  }
}

/** What the APIs that serve Veo have in common in a create. */
export type VeoCreate = {
  /** In the words of the model. */
  request: VideoRequest
  instance: Record<string, unknown>
  parameters: Record<string, unknown>
}

/** The create of one video, or why it cannot be asked for. */
export async function veoCreate(
  start: StartRequest,
  { models, options }: { models: readonly ProviderModel[]; options: readonly string[] },
): Promise<VeoCreate | { refused: string }> {
  const known = models.find(({ id }) => id === start.model)
  const takesReferences = (known?.capabilities?.inputs.reference ?? 0) > 0
  const inputs = arrangeInputs(start.inputs, { takesReferences })
  if ('refused' in inputs) return inputs
  const request = sizeAsTier(fitToModel(start.request, known), { ratios: RATIOS, resolutions: TIERS })
  if ('refused' in request) return request
  const instance = withoutNulls({ prompt: request.prompt, ...(await pictureFields(inputs)) })
  const parameters = withoutNulls({
    ...Object.fromEntries(options.map((name) => [name, request.providerOptions[name]])),
    // One, said aloud: each sample is billed.
    sampleCount: 1,
    aspectRatio: request.aspectRatio,
    resolution: request.resolution,
    durationSeconds: request.seconds === null ? null : Number(request.seconds),
    seed: request.seed,
    negativePrompt: request.negativePrompt,
  })
  return { request, instance, parameters }
}
