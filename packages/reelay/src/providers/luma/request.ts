import type { ProviderModel } from '../../task/capabilities.ts'
import { arrangeInputs, type ArrangedInputs } from '../arrange-inputs.ts'
import { fitToModel } from '../fit-to-model.ts'
import type { InputFile, StartRequest } from '../provider.ts'
import { refuseFields } from '../refuse-fields.ts'
import { jsonBody } from '../request-body.ts'
import { sizeAsTier } from '../size-as-tier.ts'
import type { UpstreamBody } from '../upstream.ts'
import { withoutNulls } from '../without-nulls.ts'

/** Its own parameters. Key frames are left out: they are made of the request's files, and its callback is ours. */
export const LUMA_OPTIONS: readonly string[] = ['loop', 'concepts']

const RATIOS = ['16:9', '9:16', '1:1', '4:3', '3:4', '21:9', '9:21']
const TIERS = ['540p', '720p', '1080p', '4k']

const ray = (id: string): ProviderModel => ({
  id,
  capabilities: {
    seconds: { min: 5, max: 9, values: [5, 9], default: 5 },
    sizes: [],
    ratios: RATIOS,
    resolutions: TIERS,
    inputs: { first_frame: 1, last_frame: 1 },
    audio: 'never',
    lacks: ['negative_prompt', 'seed'],
  },
  price: null,
})

/** Others may be named as `luma/<model>`. */
export const LUMA_MODELS: readonly ProviderModel[] = [ray('ray-2'), ray('ray-flash-2')]

/** A picture as Luma names it: by an address that it fetches. */
const imageOf = (file: InputFile): object => ({ type: 'image', url: file.publicUrl() })

/** Either frame may stand alone. */
function keyframesOf({ firstFrame, lastFrame }: ArrangedInputs): object | null {
  if (firstFrame === null && lastFrame === null) return null
  return withoutNulls({
    frame0: firstFrame === null ? null : imageOf(firstFrame),
    frame1: lastFrame === null ? null : imageOf(lastFrame),
  })
}

/** The body that asks for one video, or why it cannot be asked for. */
export function lumaBody(start: StartRequest): UpstreamBody | { refused: string } {
  const inputs = arrangeInputs(start.inputs, { takesReferences: false })
  if ('refused' in inputs) return inputs
  const known = LUMA_MODELS.find(({ id }) => id === start.model)
  const request = sizeAsTier(fitToModel(start.request, known), { ratios: RATIOS, resolutions: TIERS })
  if ('refused' in request) return request
  const refusal = refuseFields(request, {
    provider: 'Luma',
    fields: ['negativePrompt', 'seed', 'generateAudio'],
  })
  if (refusal !== null) return refusal
  return jsonBody(
    withoutNulls({
      ...Object.fromEntries(LUMA_OPTIONS.map((name) => [name, request.providerOptions[name]])),
      model: start.model,
      prompt: request.prompt,
      aspect_ratio: request.aspectRatio,
      resolution: request.resolution,
      duration: request.seconds === null ? null : `${request.seconds}s`,
      keyframes: keyframesOf(inputs),
      callback_url: start.callbackUrl,
    }),
  )
}
