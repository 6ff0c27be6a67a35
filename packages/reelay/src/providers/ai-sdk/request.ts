import { z } from 'zod'
import type { VideoRequest } from '../../task/request.ts'
import { shapeOfPair, shapeOfSize, ratioOfText, shortSideOfText } from '../../task/shape.ts'
import { arrangeInputs, type ArrangedInputs } from '../arrange-inputs.ts'
import { fitToModel } from '../fit-to-model.ts'
import type { InputFile, StartRequest } from '../provider.ts'
import { refuseFields } from '../refuse-fields.ts'
import type { RequestWords } from './answer-table.ts'
import type { BridgedModel } from './models.ts'
import type { Json, VideoCallOptions, VideoFile } from './video-model.ts'

type Refused = { refused: string }

type Options = { [name: string]: Json }

type Geometry = Pick<VideoCallOptions, 'aspectRatio' | 'resolution'> & { options: Options }

const WIDE = 16 / 9

const optionsSchema: z.ZodType<Options> = z.record(z.string(), z.json())

const isRatio = (text: string): text is `${number}:${number}` => ratioOfText(text) !== undefined

/** Encoders want even numbers of pixels. */
const even = (pixels: number): number => Math.max(2, Math.round(pixels / 2) * 2)

function aspectRatioOf({ aspectRatio }: VideoRequest): VideoCallOptions['aspectRatio'] | Refused {
  if (aspectRatio === null) return undefined
  if (aspectRatio === 'adaptive' || isRatio(aspectRatio)) return aspectRatio
  return { refused: `The aspect_ratio "${aspectRatio}" cannot be said to this model: give it like 16:9.` }
}

function sizeOf(size: string, { sizes }: RequestWords): VideoCallOptions['resolution'] | Refused {
  if (!sizes)
    return { refused: 'This model takes no pixels: give resolution and aspect_ratio instead of size.' }
  const shape = shapeOfSize(size)
  if (shape === undefined) return { refused: `The size "${size}" cannot be read: give it as WIDTHxHEIGHT.` }
  return `${shape.width ?? 0}x${shape.height ?? 0}`
}

/** A tier in pixels, where the SDK has no other word for it. */
function pixelsOf(tier: string, ratio: number): VideoCallOptions['resolution'] | Refused {
  const shortSide = shortSideOfText(tier)
  if (shortSide === undefined)
    return { refused: `The resolution "${tier}" cannot be read: give it like 720p.` }
  const { width, height } = shapeOfPair(ratio, shortSide)
  return `${even(width ?? 0)}x${even(height ?? 0)}`
}

function geometryOf(request: VideoRequest, words: RequestWords): Geometry | Refused {
  const { size, resolution: tier } = request
  const aspectRatio = aspectRatioOf(request)
  if (typeof aspectRatio === 'object') return aspectRatio
  if (size === null && tier === null) return { aspectRatio, resolution: undefined, options: {} }
  if (size === null && tier !== null && typeof words.tier === 'object') {
    const { option, isUpperCase = false } = words.tier
    const options = { [option]: isUpperCase ? tier.toUpperCase() : tier }
    return { aspectRatio, resolution: undefined, options }
  }
  const ratio = words.tier === 'wide_pixels' ? WIDE : (ratioOfText(aspectRatio ?? '') ?? WIDE)
  const resolution = size === null ? pixelsOf(tier ?? '', ratio) : sizeOf(size, words)
  return typeof resolution === 'object' ? resolution : { aspectRatio, resolution, options: {} }
}

async function videoFile(file: InputFile): Promise<VideoFile> {
  return { type: 'file', mediaType: file.mime, data: await file.read() }
}

type Pictures = Pick<VideoCallOptions, 'image' | 'frameImages' | 'inputReferences'>

/**
 * As the SDK's own core hands them over: a first frame is the image, and a pair of frames is told as such
 * besides.
 */
async function picturesOf({ firstFrame, lastFrame, references }: ArrangedInputs): Promise<Pictures> {
  const image = firstFrame === null ? undefined : await videoFile(firstFrame)
  const last = lastFrame === null ? undefined : await videoFile(lastFrame)
  const frameImages: VideoCallOptions['frameImages'] = []
  if (image !== undefined && last !== undefined) {
    frameImages.push({ image, frameType: 'first_frame' }, { image: last, frameType: 'last_frame' })
  }
  return {
    image,
    frameImages: frameImages.length === 0 ? undefined : frameImages,
    inputReferences: references.length === 0 ? undefined : await Promise.all(references.map(videoFile)),
  }
}

function refuseInputs({ firstFrame, lastFrame }: ArrangedInputs, words: RequestWords): Refused | null {
  if (lastFrame === null) return null
  if (!words.lastFrame) return { refused: 'This model takes no last frame: leave last_frame out.' }
  return firstFrame === null ? { refused: 'This model takes a last_frame only with a first_frame.' } : null
}

function refuseWords(request: VideoRequest, id: string, words: RequestWords): Refused | null {
  const fields: ('negativePrompt' | 'seed' | 'generateAudio')[] = []
  if (words.negativePrompt === null) fields.push('negativePrompt')
  if (words.generateAudio === null) fields.push('generateAudio')
  if (words.lacks.includes('seed')) fields.push('seed')
  return refuseFields(request, { provider: `The model ${id}`, fields })
}

/** What the SDK has no field for, in the options of the model's provider. */
function ownOptions(request: VideoRequest, words: RequestWords, geometry: Geometry): Options {
  const { negativePrompt, generateAudio } = request
  const audio = words.generateAudio
  return {
    ...geometry.options,
    ...(negativePrompt === null || words.negativePrompt === null
      ? {}
      : { [words.negativePrompt]: negativePrompt }),
    ...(generateAudio === null || typeof audio !== 'object' || audio === null
      ? {}
      : { [audio.option]: generateAudio }),
  }
}

function providerOptionsOf(
  bridged: BridgedModel,
  given: VideoRequest['providerOptions'],
  own: Options,
): VideoCallOptions['providerOptions'] {
  const { providerOptions, words } = bridged
  const ours = { ...providerOptions[words.optionsKey], ...optionsSchema.parse(given), ...own }
  const isNeeded = Object.keys(ours).length > 0
  return isNeeded ? { ...providerOptions, [words.optionsKey]: ours } : providerOptions
}

/** What the model is called with, or why it cannot be. */
export async function callOptions(
  start: StartRequest,
  bridged: BridgedModel,
): Promise<VideoCallOptions | Refused> {
  const { id, words, capabilities } = bridged
  const isDescribed = capabilities !== null
  const takesReferences = words.references && (!isDescribed || (capabilities.inputs.reference ?? 0) > 0)
  const inputs = arrangeInputs(start.inputs, { takesReferences })
  if ('refused' in inputs) return inputs
  const request = fitToModel(start.request, { id, capabilities, price: null })
  const refusal = refuseInputs(inputs, words) ?? refuseWords(request, id, words)
  if (refusal !== null) return refusal
  const geometry = geometryOf(request, words)
  if ('refused' in geometry) return geometry
  const { aspectRatio, resolution } = geometry
  return {
    prompt: request.prompt,
    n: 1,
    aspectRatio,
    resolution,
    duration: request.seconds === null ? undefined : Number(request.seconds),
    fps: undefined,
    seed: request.seed ?? undefined,
    generateAudio: words.generateAudio === 'field' ? (request.generateAudio ?? undefined) : undefined,
    ...(await picturesOf(inputs)),
    providerOptions: providerOptionsOf(
      bridged,
      request.providerOptions,
      ownOptions(request, words, geometry),
    ),
    headers: { 'idempotency-key': start.clientToken },
    abortSignal: start.signal,
  }
}
