import type { ModelCapabilities } from '@reelay/sdk'
import type { ProviderModel } from '../../task/capabilities.ts'
import { arrangeInputs } from '../arrange-inputs.ts'
import { dataUri } from '../data-uri.ts'
import { fitToModel } from '../fit-to-model.ts'
import type { InputFile, StartRequest } from '../provider.ts'
import { refuseFields } from '../refuse-fields.ts'
import { jsonBody } from '../request-body.ts'
import { sizeAsTier } from '../size-as-tier.ts'
import type { UpstreamBody } from '../upstream.ts'
import { withoutNulls } from '../without-nulls.ts'

const RATIOS = ['16:9', '9:16', '1:1', '4:3', '3:4', '3:2', '2:3']
const TIERS = ['480p', '720p', '1080p']

function grok(id: string, resolutions: readonly string[]): ProviderModel {
  const capabilities: ModelCapabilities = {
    seconds: { min: 1, max: 15, values: null, default: 8 },
    sizes: [],
    ratios: RATIOS,
    resolutions,
    inputs: { first_frame: 1, reference: 7 },
    audio: 'always',
    lacks: ['negative_prompt', 'seed'],
  }
  return { id, capabilities, price: null }
}

/** Others may be named as `xai/<model>`. */
export const XAI_MODELS: readonly ProviderModel[] = [
  grok('grok-imagine-video', ['480p', '720p']),
  grok('grok-imagine-video-1.5', TIERS),
]

type Refused = { refused: string }

async function picture(file: InputFile): Promise<{ url: string }> {
  return { url: await dataUri(file) }
}

/**
 * The body that asks for one video, or why it cannot be asked for.
 *
 * @param models those of the account: the provider's own, or what a reseller of it serves.
 */
export async function xaiBody(
  start: StartRequest,
  models: readonly ProviderModel[],
): Promise<UpstreamBody | Refused> {
  const known = models.find(({ id }) => id === start.model)
  const takesReferences = known === undefined || (known.capabilities?.inputs.reference ?? 0) > 0
  const inputs = arrangeInputs(start.inputs, { takesReferences })
  if ('refused' in inputs) return inputs
  const { firstFrame, lastFrame, references } = inputs
  if (lastFrame !== null) return { refused: 'xAI takes no last frame: leave last_frame out.' }
  const request = sizeAsTier(fitToModel(start.request, known), { ratios: RATIOS, resolutions: TIERS })
  if ('refused' in request) return request
  const refusal = refuseFields(request, {
    provider: 'xAI',
    fields: ['negativePrompt', 'seed', 'generateAudio'],
  })
  if (refusal !== null) return refusal
  const images = await Promise.all(references.map(picture))
  return jsonBody(
    withoutNulls({
      model: start.model,
      prompt: request.prompt,
      duration: request.seconds === null ? null : Number(request.seconds),
      aspect_ratio: request.aspectRatio,
      resolution: request.resolution,
      image: firstFrame === null ? null : await picture(firstFrame),
      reference_images: images.length === 0 ? null : images,
    }),
  )
}
