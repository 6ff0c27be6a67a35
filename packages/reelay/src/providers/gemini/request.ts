import type { ModelCapabilities } from '@reelay/sdk'
import type { ProviderModel } from '../../task/capabilities.ts'
import { arrangeInputs, type ArrangedInputs } from '../arrange-inputs.ts'
import { base64Of } from '../data-uri.ts'
import { fitToModel } from '../fit-to-model.ts'
import type { InputFile, StartRequest } from '../provider.ts'
import { refuseFields } from '../refuse-fields.ts'
import { jsonBody } from '../request-body.ts'
import { sizeAsTier } from '../size-as-tier.ts'
import type { UpstreamBody } from '../upstream.ts'
import { withoutNulls } from '../without-nulls.ts'

/** Its own parameters. Those that name buckets or receivers of messages are left out. */
export const GEMINI_OPTIONS: readonly string[] = ['personGeneration']

const TIERS = ['720p', '1080p', '4k']
const RATIOS = ['16:9', '9:16']

function veo(id: string, given: Partial<Pick<ModelCapabilities, 'resolutions' | 'inputs'>>): ProviderModel {
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

/** Others may be named as `gemini/<model>`. */
export const GEMINI_MODELS: readonly ProviderModel[] = [
  veo('veo-3.1-generate-preview', {}),
  veo('veo-3.1-fast-generate-preview', {}),
  veo('veo-3.1-lite-generate-preview', {
    resolutions: ['720p', '1080p'],
    inputs: { first_frame: 1, last_frame: 1 },
  }),
]

type GeminiCreate = { path: string; body: UpstreamBody }

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

/** The create of one video, or why it cannot be asked for. */
export async function geminiCreate(start: StartRequest): Promise<GeminiCreate | { refused: string }> {
  const known = GEMINI_MODELS.find(({ id }) => id === start.model)
  const takesReferences = (known?.capabilities?.inputs.reference ?? 0) > 0
  const inputs = arrangeInputs(start.inputs, { takesReferences })
  if ('refused' in inputs) return inputs
  const request = sizeAsTier(fitToModel(start.request, known), { ratios: RATIOS, resolutions: TIERS })
  if ('refused' in request) return request
  const refusal = refuseFields(request, { provider: 'The Gemini API', fields: ['generateAudio'] })
  if (refusal !== null) return refusal
  const instance = withoutNulls({ prompt: request.prompt, ...(await pictureFields(inputs)) })
  const parameters = withoutNulls({
    ...Object.fromEntries(GEMINI_OPTIONS.map((name) => [name, request.providerOptions[name]])),
    // One, said aloud: each sample is billed.
    sampleCount: 1,
    aspectRatio: request.aspectRatio,
    resolution: request.resolution,
    durationSeconds: request.seconds === null ? null : Number(request.seconds),
    seed: request.seed,
    negativePrompt: request.negativePrompt,
  })
  return {
    path: `/v1beta/models/${encodeURIComponent(start.model)}:predictLongRunning`,
    body: jsonBody(
      withoutNulls({
        instances: [instance],
        parameters,
        webhookConfig: start.callbackUrl === null ? null : { uris: [start.callbackUrl] },
      }),
    ),
  }
}
