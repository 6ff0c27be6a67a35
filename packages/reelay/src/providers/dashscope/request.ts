import type { ModelCapabilities, SecondsRange } from '@reelay/sdk'
import type { ProviderModel } from '../../task/capabilities.ts'
import { arrangeInputs, type ArrangedInputs } from '../arrange-inputs.ts'
import { dataUri } from '../data-uri.ts'
import { fitToModel } from '../fit-to-model.ts'
import type { InputFile, StartRequest } from '../provider.ts'
import { jsonBody } from '../request-body.ts'
import type { UpstreamBody } from '../upstream.ts'
import { withoutNulls } from '../without-nulls.ts'

/** Where an account lives. A key works in its own region only. */
export type DashscopeRegion = 'cn' | 'intl' | 'us'

/** Its own parameters. Those that fetch from a URL (`audio_url`) are left out. */
export const DASHSCOPE_OPTIONS: readonly string[] = ['prompt_extend', 'shot_type', 'watermark']

/**
 * How a model is given pictures: one field for the first frame, a list of addresses that it fetches, or since 2.7 a list
 * of typed ones.
 */
type Pictures = 'none' | 'img_url' | 'reference_urls' | 'media'

type WanModel = { id: string; capabilities: ModelCapabilities; pictures: Pictures }

const SIZES_480P = ['832x480', '480x832', '624x624']
const SIZES_720P = ['1280x720', '720x1280', '960x960', '1088x832', '832x1088']
const SIZES_1080P = ['1920x1080', '1080x1920', '1440x1440', '1632x1248', '1248x1632']

const FIRST_FRAME = { first_frame: 1 } as const
const RATIOS = ['16:9', '9:16', '1:1', '4:3', '3:4']

const range = (min: number, max: number): SecondsRange => ({ min, max, values: null, default: 5 })
const FIVE: SecondsRange = { min: 5, max: 5, values: [5], default: 5 }
const FIVE_OR_TEN: SecondsRange = { min: 5, max: 10, values: [5, 10], default: 5 }

/** What most of them have in common: sound of their own, no pictures, no choice of size. */
function wan(
  id: string,
  pictures: Pictures,
  given: Partial<ModelCapabilities> & Pick<ModelCapabilities, 'seconds'>,
): WanModel {
  const capabilities: ModelCapabilities = {
    sizes: [],
    ratios: [],
    resolutions: [],
    inputs: {},
    audio: 'always',
    ...given,
  }
  return { id, capabilities, pictures }
}

const HD = ['720p', '1080p']
const TEXT_26 = { seconds: range(2, 15), sizes: [...SIZES_1080P, ...SIZES_720P] }
const IMAGE_26 = { seconds: range(2, 15), resolutions: HD, inputs: FIRST_FRAME }

/** The default size comes first: it is what a bare ratio becomes. */
const MODELS: readonly WanModel[] = [
  wan('wan2.7-t2v', 'none', { seconds: range(2, 15), resolutions: HD, ratios: RATIOS }),
  wan('wan2.7-i2v', 'media', {
    seconds: range(2, 15),
    resolutions: HD,
    inputs: { ...FIRST_FRAME, last_frame: 1 },
  }),
  wan('wan2.7-r2v', 'media', {
    seconds: range(2, 10),
    resolutions: HD,
    ratios: RATIOS,
    inputs: { reference: 5 },
  }),
  wan('wan2.6-t2v', 'none', TEXT_26),
  wan('wan2.6-r2v', 'reference_urls', { ...TEXT_26, seconds: range(2, 10), inputs: { reference: 5 } }),
  wan('wan2.6-i2v', 'img_url', IMAGE_26),
  wan('wan2.6-i2v-flash', 'img_url', { ...IMAGE_26, audio: 'optional' }),
  wan('wan2.5-t2v-preview', 'none', {
    seconds: FIVE_OR_TEN,
    sizes: [...SIZES_1080P, ...SIZES_720P, ...SIZES_480P],
  }),
  wan('wan2.5-i2v-preview', 'img_url', {
    seconds: FIVE_OR_TEN,
    resolutions: ['480p', ...HD],
    inputs: FIRST_FRAME,
  }),
  wan('wan2.2-t2v-plus', 'none', {
    seconds: FIVE,
    sizes: [...SIZES_1080P, ...SIZES_480P],
    audio: 'never',
  }),
  wan('wan2.2-i2v-plus', 'img_url', {
    seconds: FIVE,
    resolutions: ['480p', '1080p'],
    inputs: FIRST_FRAME,
    audio: 'never',
  }),
]

const US_MODELS: readonly WanModel[] = [
  wan('wan2.6-t2v-us', 'none', TEXT_26),
  wan('wan2.6-i2v-us', 'img_url', IMAGE_26),
]

const wanModels = (region: DashscopeRegion): readonly WanModel[] => (region === 'us' ? US_MODELS : MODELS)

/** Other models of the region may be named as `dashscope/<model>`. */
export const dashscopeModels = (region: DashscopeRegion): readonly ProviderModel[] =>
  wanModels(region).map(({ id, capabilities, pictures }) => {
    const model = { id, capabilities, price: null }
    return pictures === 'reference_urls' ? { ...model, inputs: 'url' } : model
  })

async function media(type: string, file: InputFile): Promise<object> {
  return { type, url: await dataUri(file) }
}

async function mediaOf({ firstFrame, lastFrame, references }: ArrangedInputs): Promise<object[] | null> {
  const list = await Promise.all([
    ...(firstFrame === null ? [] : [media('first_frame', firstFrame)]),
    ...(lastFrame === null ? [] : [media('last_frame', lastFrame)]),
    ...references.map(async (file) => media('reference_image', file)),
  ])
  return list.length === 0 ? null : list
}

/** What the model lacks, or cannot be given, in words; null when its pictures are in order. */
function refusalOf(inputs: ArrangedInputs, pictures: Pictures, model: string): string | null {
  const { firstFrame, lastFrame, references } = inputs
  const isWithout = firstFrame === null && lastFrame === null && references.length === 0
  if (pictures === 'none') return isWithout ? null : `The model ${model} takes no pictures.`
  if (pictures === 'reference_urls') {
    return references.length > 0 ? null : `The model ${model} needs an input_reference.`
  }
  if (pictures === 'img_url') {
    if (firstFrame === null) return `The model ${model} needs a first_frame.`
    return lastFrame === null ? null : `The model ${model} takes no last_frame.`
  }
  return null
}

/** The body of a create, or why the job cannot be asked for. */
export async function dashscopeBody(
  { request: asked, model: name, inputs: files }: StartRequest,
  region: DashscopeRegion,
): Promise<UpstreamBody | { refused: string }> {
  const known = wanModels(region).find(({ id }) => id === name)
  const pictures = known?.pictures ?? 'media'
  const takesReferences = (known?.capabilities.inputs.reference ?? 0) > 0
  const inputs = arrangeInputs(files, { takesReferences })
  if ('refused' in inputs) return inputs
  const refused = refusalOf(inputs, pictures, name)
  if (refused !== null) return { refused }
  const request = fitToModel(asked, known && { ...known, price: null })
  const { firstFrame, references } = inputs
  const input = withoutNulls({
    prompt: request.prompt === '' ? null : request.prompt,
    negative_prompt: request.negativePrompt,
    img_url: pictures === 'img_url' && firstFrame !== null ? await dataUri(firstFrame) : null,
    reference_urls: pictures === 'reference_urls' ? references.map((file) => file.publicUrl()) : null,
    media: pictures === 'media' ? await mediaOf(inputs) : null,
  })
  const parameters = withoutNulls({
    ...request.providerOptions,
    size: request.size?.replace(/x/i, '*'),
    resolution: request.resolution?.toUpperCase(),
    ratio: request.aspectRatio,
    duration: request.seconds === null ? null : Number(request.seconds),
    seed: request.seed,
    audio: request.generateAudio,
  })
  return jsonBody({ model: name, input, parameters })
}
