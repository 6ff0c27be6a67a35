import type { ModelPrice } from '@reelay/sdk'
import type { ProviderModel } from '../../task/capabilities.ts'
import type { StartRequest } from '../provider.ts'
import { refuseFields } from '../refuse-fields.ts'
import { jsonBody } from '../request-body.ts'
import type { UpstreamBody } from '../upstream.ts'
import { veoCreate, VEO_LITE, veoModel } from '../veo-create.ts'
import { withoutNulls } from '../without-nulls.ts'

/** Its own parameters. Those that name buckets or receivers of messages are left out. */
export const GEMINI_OPTIONS: readonly string[] = ['personGeneration']

/** With sound, which there always is. */
const VEO_PRICE: ModelPrice = {
  currency: 'USD',
  per_second: null,
  per_video: null,
  by_resolution: [
    { resolution: '720p', per_second: '0.40', per_video: null },
    { resolution: '1080p', per_second: '0.40', per_video: null },
    { resolution: '4k', per_second: '0.60', per_video: null },
  ],
  as_of: '2026-09-20',
  source: 'https://ai.google.dev/gemini-api/docs/pricing',
}

/** Others may be named as `gemini/<model>`. */
export const GEMINI_MODELS: readonly ProviderModel[] = [
  { ...veoModel('veo-3.1-generate-preview', {}), price: VEO_PRICE },
  veoModel('veo-3.1-fast-generate-preview', {}),
  veoModel('veo-3.1-lite-generate-preview', VEO_LITE),
]

type GeminiCreate = { path: string; body: UpstreamBody }

/** The create of one video, or why it cannot be asked for. */
export async function geminiCreate(start: StartRequest): Promise<GeminiCreate | { refused: string }> {
  const create = await veoCreate(start, { models: GEMINI_MODELS, options: GEMINI_OPTIONS })
  if ('refused' in create) return create
  const refusal = refuseFields(create.request, { provider: 'The Gemini API', fields: ['generateAudio'] })
  if (refusal !== null) return refusal
  return {
    path: `/v1beta/models/${encodeURIComponent(start.model)}:predictLongRunning`,
    body: jsonBody(
      withoutNulls({
        instances: [create.instance],
        parameters: create.parameters,
        webhookConfig: start.callbackUrl === null ? null : { uris: [start.callbackUrl] },
      }),
    ),
  }
}
