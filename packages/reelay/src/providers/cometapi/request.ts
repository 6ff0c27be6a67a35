import type { ModelCapabilities, SecondsRange } from '@reelay/sdk'
import { fitRequest } from '../../task/fit-request.ts'
import type { InputWay, ProviderModel } from '../../task/capabilities.ts'
import type { VideoRequest } from '../../task/request.ts'
import type { ArrangedInputs } from '../arrange-inputs.ts'
import { KLING_MODELS, klingCreate } from '../kling/request.ts'
import type { StartRequest } from '../provider.ts'
import { multipartBody, type FormField } from '../request-body.ts'
import { RUNWAY_IMAGE_TO_VIDEO, RUNWAY_MODELS, runwayCreate } from '../runway/request.ts'
import type { UpstreamBody } from '../upstream.ts'
import { XAI_MODELS, xaiBody } from '../xai/request.ts'

/** Pixels by tier and ratio, as the model's page lists them. */
type SizeTable = Readonly<Record<string, Readonly<Record<string, string>>>>

/** How a model of CometAPI spells the size in its one `size` field. */
type SizeSpelling =
  | { kind: 'pixels' }
  /** A ratio alone is a preset; a tier is only reached by exact pixels. */
  | { kind: 'table'; table: SizeTable }
  /** `16x9` and `9x16` are orientations, not pixels. */
  | { kind: 'orientation' }

type CometModel = {
  id: string
  capabilities: ModelCapabilities
  spelling: SizeSpelling
  sendsSeconds: boolean
}

const range = (min: number, max: number): SecondsRange => ({ min, max, values: null, default: 5 })

/** The default comes first: it is what a bare ratio becomes. */
const WAN_SIZES = ['1920x1080', '1080x1920', '1440x1440', '1280x720', '720x1280']

const SEEDANCE_1_SIZES: SizeTable = {
  '480p': {
    '16:9': '864x480',
    '4:3': '736x544',
    '1:1': '640x640',
    '3:4': '544x736',
    '9:16': '480x864',
    '21:9': '960x416',
  },
  '720p': {
    '16:9': '1248x704',
    '4:3': '1120x832',
    '1:1': '960x960',
    '3:4': '832x1120',
    '9:16': '704x1248',
    '21:9': '1504x640',
  },
  '1080p': {
    '16:9': '1920x1088',
    '4:3': '1664x1248',
    '1:1': '1440x1440',
    '3:4': '1248x1664',
    '9:16': '1088x1920',
    '21:9': '2176x928',
  },
}

const SEEDANCE_2_TIERS: SizeTable = {
  '480p': {
    '16:9': '864x496',
    '4:3': '752x560',
    '1:1': '640x640',
    '3:4': '560x752',
    '9:16': '496x864',
    '21:9': '992x432',
  },
  '720p': {
    '16:9': '1280x720',
    '4:3': '1112x834',
    '1:1': '960x960',
    '3:4': '834x1112',
    '9:16': '720x1280',
    '21:9': '1470x630',
  },
}

const SEEDANCE_2_SIZES: SizeTable = {
  ...SEEDANCE_2_TIERS,
  '1080p': {
    '16:9': '1920x1080',
    '4:3': '1664x1248',
    '1:1': '1440x1440',
    '3:4': '1248x1664',
    '9:16': '1080x1920',
    '21:9': '2206x946',
  },
}

function textOnly(id: string, seconds: SecondsRange, sizes: readonly string[]): CometModel {
  return {
    id,
    capabilities: { seconds, sizes, ratios: [], resolutions: [], inputs: {}, audio: 'always' },
    spelling: { kind: 'pixels' },
    sendsSeconds: true,
  }
}

function seedance(
  id: string,
  seconds: SecondsRange,
  table: SizeTable,
  rest: Pick<ModelCapabilities, 'inputs' | 'audio'>,
): CometModel {
  return {
    id,
    capabilities: {
      seconds,
      sizes: [...new Set(Object.values(table).flatMap((sizes) => Object.values(sizes)))],
      ratios: ['16:9', '9:16', '1:1', '4:3', '3:4', '21:9'],
      resolutions: Object.keys(table),
      ...rest,
    },
    spelling: { kind: 'table', table },
    sendsSeconds: true,
  }
}

/** Eight seconds whatever is asked; one file is the first frame, a second one the last. */
function veo(id: string): CometModel {
  return {
    id,
    capabilities: {
      seconds: { min: 8, max: 8, values: [8], default: 8 },
      sizes: [],
      ratios: ['16:9', '9:16'],
      resolutions: [],
      inputs: { first_frame: 1, last_frame: 1 },
      audio: 'always',
    },
    spelling: { kind: 'orientation' },
    sendsSeconds: false,
  }
}

const references = { inputs: { reference: 9 }, audio: 'always' } as const

/** From the provider's model pages; a model that is not here may still be named as `cometapi/<model>`. */
const MODELS: readonly CometModel[] = [
  textOnly('wan2.6', { min: 5, max: 15, values: [5, 10, 15], default: 5 }, [
    ...WAN_SIZES,
    '1632x1248',
    '1248x1632',
    '1088x832',
    '832x1088',
  ]),
  textOnly('wan2.7', range(2, 15), WAN_SIZES),
  seedance('doubao-seedance-2-0', range(4, 15), SEEDANCE_2_SIZES, references),
  seedance('doubao-seedance-2-0-fast', range(4, 15), SEEDANCE_2_TIERS, references),
  seedance('doubao-seedance-1-5-pro', range(4, 12), SEEDANCE_2_SIZES, { inputs: {}, audio: 'always' }),
  seedance('doubao-seedance-1-0-pro', range(2, 10), SEEDANCE_1_SIZES, { inputs: {}, audio: 'never' }),
  textOnly('happyhorse-1.0', range(3, 15), WAN_SIZES),
  veo('veo3'),
  veo('veo3-fast'),
  veo('veo3.1'),
  veo('veo3.1-fast'),
]

/**
 * The routes on which a maker's own API is spoken, by the first part of their paths. All other models are on
 * `/v1/videos`.
 */
export type NativeDialect = 'kling' | 'runwayml' | 'grok'

const FIVE_OR_TEN: SecondsRange = { min: 5, max: 10, values: [5, 10], default: 5 }

/** Models of a maker, less what CometAPI's pages do not say of them. */
function narrowed(
  models: readonly ProviderModel[],
  narrower: Partial<ModelCapabilities>,
  inputs: InputWay,
): readonly ProviderModel[] {
  return models.flatMap((model) =>
    model.capabilities === null
      ? []
      : // What the maker itself charges is not the price here.
        [{ ...model, capabilities: { ...model.capabilities, ...narrower }, price: null, inputs }],
  )
}

const named = (models: readonly ProviderModel[], id: string): readonly ProviderModel[] =>
  models.filter((model) => model.id === id)

/** Which models are on which route: the catalog decides how a model is spoken to. */
const NATIVE_MODELS: Readonly<Record<NativeDialect, readonly ProviderModel[]>> = {
  // Its pages have two lengths, and no field for sound.
  kling: narrowed(KLING_MODELS, { seconds: FIVE_OR_TEN, audio: 'never' }, 'data_uri'),
  // Its pages have the picture as a link only.
  runwayml: narrowed(named(RUNWAY_MODELS, 'gen4_turbo'), { seconds: FIVE_OR_TEN }, 'url'),
  // One picture, no references, and a second when no length is asked for.
  grok: narrowed(
    named(XAI_MODELS, 'grok-imagine-video'),
    { seconds: { min: 1, max: 15, values: null, default: 1 }, inputs: { first_frame: 1 } },
    'data_uri',
  ),
}

export const NATIVE_DIALECTS: readonly NativeDialect[] = ['kling', 'runwayml', 'grok']

export const COMETAPI_MODELS: readonly ProviderModel[] = [
  ...MODELS.map(({ id, capabilities }) => ({ id, capabilities, price: null })),
  ...NATIVE_DIALECTS.flatMap((dialect) => NATIVE_MODELS[dialect]),
]

/**
 * The route of a model; a null dialect is `/v1/videos`. A model that the catalog does not have may be named with
 * its route before it, for instance `kling/kling-v1-5`.
 */
export function cometapiRoute(model: string): { dialect: NativeDialect | null; model: string } {
  const listed = NATIVE_DIALECTS.find((dialect) => NATIVE_MODELS[dialect].some(({ id }) => id === model))
  if (listed !== undefined) return { dialect: listed, model }
  const prefixed = NATIVE_DIALECTS.find((dialect) => model.startsWith(`${dialect}/`))
  if (prefixed === undefined) return { dialect: null, model }
  return { dialect: prefixed, model: model.slice(prefixed.length + 1) }
}

function sizeOf({ size, aspectRatio, resolution }: VideoRequest, spelling: SizeSpelling): string | null {
  if (spelling.kind === 'pixels') return size
  if (spelling.kind === 'orientation') return aspectRatio?.replace(':', 'x') ?? null
  const sizes = resolution === null ? undefined : spelling.table[resolution]
  return size ?? sizes?.[aspectRatio ?? '16:9'] ?? aspectRatio
}

type Value = string | number | boolean | null

function fieldsOf(request: VideoRequest, model: string): Record<string, Value> {
  const known = MODELS.find((candidate) => candidate.id === model)
  const common = {
    model,
    prompt: request.prompt,
    negative_prompt: request.negativePrompt,
    seed: request.seed,
    generate_audio: request.generateAudio,
  }
  if (known === undefined) {
    const { seconds, size, aspectRatio, resolution } = request
    return { ...common, seconds, size, aspect_ratio: aspectRatio, resolution }
  }
  // A task planned for another candidate may say the same in that one's words.
  const fit = fitRequest(request, { model, capabilities: known.capabilities, normalize: 'none' })
  const fitted = fit.ok ? fit.value : request
  return {
    ...common,
    seconds: known.sendsSeconds ? fitted.seconds : null,
    size: sizeOf(fitted, known.spelling),
    generate_audio: fitted.generateAudio,
  }
}

/** The multipart body of a create: null fields are left out, and files keep their order. */
export async function cometapiBody({ request, model, inputs }: StartRequest): Promise<UpstreamBody> {
  const fields = Object.entries(fieldsOf(request, model)).flatMap(([name, value]): FormField[] =>
    value === null ? [] : [{ name, text: String(value) }],
  )
  return multipartBody(
    fields,
    inputs.map((file) => ({ name: 'input_reference', file })),
  )
}

/** A create on a route of its own. `asked`: the path under which its job is asked for. */
type NativeCreate = { path: string; body: UpstreamBody; asked: string }

type Refused = { refused: string }

async function klingOnComet(start: StartRequest): Promise<NativeCreate | Refused> {
  const create = await klingCreate(start, NATIVE_MODELS.kling)
  if ('refused' in create) return create
  const path = `/kling${create.path}`
  return { path, body: create.body, asked: path }
}

const firstFrameLink = async ({ firstFrame }: ArrangedInputs): Promise<string | null> =>
  firstFrame?.publicUrl() ?? null

async function runwayOnComet(start: StartRequest): Promise<NativeCreate | Refused> {
  const create = await runwayCreate(start, firstFrameLink)
  if ('refused' in create) return create
  if (create.path !== RUNWAY_IMAGE_TO_VIDEO || start.inputs.length > 1) {
    return { refused: 'CometAPI makes videos with Runway from one picture: give a first_frame, and no more.' }
  }
  return { path: `/runwayml${create.path}`, body: create.body, asked: '/runwayml/v1/tasks' }
}

async function xaiOnComet(start: StartRequest): Promise<NativeCreate | Refused> {
  const body = await xaiBody(start, NATIVE_MODELS.grok)
  if ('refused' in body) return body
  return { path: '/grok/v1/videos/generations', body, asked: '/grok/v1/videos' }
}

/** The create of one video in the words of its maker's own API, or why it cannot be asked for. */
export async function nativeCreate(
  dialect: NativeDialect,
  start: StartRequest,
): Promise<NativeCreate | Refused> {
  switch (dialect) {
    case 'kling':
      return klingOnComet(start)
    case 'runwayml':
      return runwayOnComet(start)
    case 'grok':
      return xaiOnComet(start)
  }
}
