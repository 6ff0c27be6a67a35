import type { VideoCreateParams, VideoInput } from '@reelay/sdk'
import { usageError } from './cli-error.ts'
import { readInput } from './input-file.ts'
import { jsonPairs, textPairs } from './key-value.ts'

/** The part of `reelay create` that describes the video. */
export type CreateParamOptions = {
  prompt: string
  model?: string
  seconds?: string
  size?: string
  resolution?: string
  aspectRatio?: string
  image?: readonly string[]
  firstFrame?: string
  lastFrame?: string
  negativePrompt?: string
  seed?: number
  audio?: boolean
  providerOption?: readonly string[]
  metadata?: readonly string[]
  callbackUrl?: string
  deadline?: number
  normalize?: boolean
}

/** The request that the options stand for; files are read. @throws CliError */
export async function createParams(options: CreateParamOptions): Promise<VideoCreateParams> {
  if (options.prompt.trim() === '') throw usageError('The prompt is empty: say what the video shows')
  const images = await Promise.all((options.image ?? []).map((text) => readInput(text, '--image')))
  return withoutUndefined({
    model: options.model,
    prompt: options.prompt,
    seconds: options.seconds,
    size: options.size,
    resolution: options.resolution,
    aspect_ratio: options.aspectRatio,
    input_reference: images.length === 0 ? undefined : images.length === 1 ? images[0] : images,
    first_frame: await optionalInput(options.firstFrame, '--first-frame'),
    last_frame: await optionalInput(options.lastFrame, '--last-frame'),
    negative_prompt: options.negativePrompt,
    seed: options.seed,
    generate_audio: options.audio,
    callback_url: options.callbackUrl,
    metadata: options.metadata && textPairs(options.metadata, '--metadata'),
    provider_options: options.providerOption && jsonPairs(options.providerOption, '--provider-option'),
    deadline: options.deadline,
    normalize: options.normalize === true ? 'nearest' : undefined,
  })
}

const optionalInput = async (text: string | undefined, option: string): Promise<VideoInput | undefined> =>
  text === undefined ? undefined : readInput(text, option)

// Absent is not the same as undefined for whoever looks at the keys.
function withoutUndefined(params: VideoCreateParams): VideoCreateParams {
  const entries = Object.entries(params).filter(([, value]) => value !== undefined)
  return { ...(Object.fromEntries(entries) as Partial<VideoCreateParams>), prompt: params.prompt }
}
