import { numberOf } from '../../system/json.ts'
import type { VideoRequest } from '../../task/request.ts'
import { arrangeInputs } from '../arrange-inputs.ts'
import { dataUri } from '../data-uri.ts'
import type { StartRequest } from '../provider.ts'
import { refuseFields } from '../refuse-fields.ts'
import { jsonBody } from '../request-body.ts'
import { sizeAsPixels } from '../size-as-pixels.ts'
import type { UpstreamBody } from '../upstream.ts'
import { withoutNulls } from '../without-nulls.ts'

/** Its own parameters. `params` is left out: some of its backends read paths on the server from it. */
export const LOCALAI_OPTIONS: readonly string[] = ['fps', 'num_frames', 'cfg_scale', 'step']

/** It reads a seed into 32 bits. */
const SEED_MAX = 2_147_483_647

type Refused = { refused: string }

/** It counts frames: its own `seconds` is read and not used. */
function framesOf({ seconds, providerOptions }: VideoRequest): { frames: number | null } | Refused {
  if (seconds === null) return { frames: null }
  if (providerOptions['num_frames'] !== undefined) {
    return { refused: 'Give seconds or provider_options.num_frames, not both.' }
  }
  const perSecond = numberOf(providerOptions['fps'])
  return perSecond === null || perSecond <= 0
    ? { refused: 'LocalAI counts frames: give provider_options.fps along with seconds.' }
    : { frames: Math.max(1, Math.round(Number(seconds) * perSecond)) }
}

/** The body that asks for one video, or why it cannot be asked for. */
export async function localaiBody(start: StartRequest): Promise<UpstreamBody | Refused> {
  const { request } = start
  const inputs = arrangeInputs(start.inputs, { takesReferences: false })
  if ('refused' in inputs) return inputs
  const unknown = refuseFields(request, { provider: 'LocalAI', fields: ['generateAudio'] })
  if (unknown !== null) return unknown
  if (request.seed !== null && request.seed > SEED_MAX) {
    return { refused: `LocalAI takes seeds up to ${SEED_MAX}.` }
  }
  const pixels = sizeAsPixels(request, 'LocalAI')
  if ('refused' in pixels) return pixels
  const length = framesOf(request)
  if ('refused' in length) return length
  const { firstFrame, lastFrame } = inputs
  return jsonBody(
    withoutNulls({
      num_frames: length.frames,
      ...request.providerOptions,
      model: start.model,
      prompt: request.prompt,
      negative_prompt: request.negativePrompt,
      seed: request.seed,
      width: pixels.width,
      height: pixels.height,
      start_image: firstFrame === null ? null : await dataUri(firstFrame),
      end_image: lastFrame === null ? null : await dataUri(lastFrame),
      // Whole files as base64 would be held in memory on both sides.
      response_format: 'url',
    }),
  )
}
