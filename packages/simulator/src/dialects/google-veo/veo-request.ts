import type { Wish } from '../../dialect.ts'
import { listField, recordField, textField, type SimulatorRequest } from '../../request.ts'

type Fields = Readonly<Record<string, unknown>>

/** Where the APIs that serve Veo differ in what they take. */
export interface VeoRules {
  /** The fields of a body. Those of messages are known one by one, so that others are refused. */
  readonly fields: readonly string[]
  /** Parameters that it refuses by name. */
  isUnsupported(parameter: string): boolean
  /** More that is wrong with the parameters; null for nothing. */
  refuse?(parameters: Fields, model: string): string | null
}

/** The one instance of a body. */
export function instanceOf(fields: Fields): Fields {
  return recordField({ first: listField(fields, 'instances')[0] }, 'first')
}

export const parametersOf = (fields: Fields): Fields => recordField(fields, 'parameters')

/** How many videos one create makes. */
export function sampleCountOf(fields: Fields): number {
  return Number(parametersOf(fields)['sampleCount'] ?? 1)
}

export function veoWish({ fields, params }: SimulatorRequest): Wish {
  return { prompt: textField(instanceOf(fields), 'prompt'), model: params['model'] ?? '' }
}

const ENUMS: Readonly<Record<string, readonly string[]>> = {
  aspectRatio: ['16:9', '9:16'],
  resolution: ['720p', '1080p', '4k'],
  personGeneration: ['allow_all', 'allow_adult', 'dont_allow'],
}

const SAMPLES_MAX = 4
const SEED_MAX = 4_294_967_295

function isWhole(value: unknown, min: number, max: number): boolean {
  return typeof value === 'number' && Number.isInteger(value) && value >= min && value <= max
}

function isLength(parameters: Fields, model: string): boolean {
  const seconds = Number(textField(parameters, 'durationSeconds'))
  return (model.startsWith('veo-2') ? [5, 6, 7, 8] : [4, 6, 8]).includes(seconds)
}

function parametersRefusal(parameters: Fields, model: string): string | null {
  const { sampleCount, seed, durationSeconds } = parameters
  for (const [name, values] of Object.entries(ENUMS)) {
    const value = textField(parameters, name)
    if (parameters[name] !== undefined && !values.includes(value))
      return `The value \`${value}\` for ${name} is not supported: use one of ${values.join(', ')}.`
  }
  if (durationSeconds !== undefined && !isLength(parameters, model))
    return 'The number value for `durationSeconds` is out of bound. Give one that the model takes.'
  if (sampleCount !== undefined && !isWhole(sampleCount, 1, SAMPLES_MAX))
    return `sampleCount must be from 1 to ${SAMPLES_MAX}.`
  return seed !== undefined && !isWhole(seed, 0, SEED_MAX) ? `seed must be from 0 to ${SEED_MAX}.` : null
}

function instanceRefusal(fields: Fields): string | null {
  if (listField(fields, 'instances').length !== 1) return 'There must be exactly one instance.'
  const instance = instanceOf(fields)
  const { image, lastFrame, referenceImages, video } = instance
  const isEmpty = textField(instance, 'prompt').trim() === '' && image === undefined && video === undefined
  if (isEmpty) return 'The prompt is missing: a text or an image is needed.'
  if (lastFrame !== undefined && image === undefined) return 'A last frame needs a first one in `image`.'
  return image !== undefined && referenceImages !== undefined
    ? 'Image and reference images cannot be both set.'
    : null
}

/** What is wrong with a create; null for nothing. The limits are Google's, the words are assumed. */
export function veoRefusal({ broken, fields, params }: SimulatorRequest, rules: VeoRules): string | null {
  const model = params['model'] ?? ''
  if (broken !== null) return `Invalid JSON payload received. ${broken}`
  const unknown = Object.keys(fields).find((name) => !rules.fields.includes(name))
  if (unknown !== undefined)
    return `Invalid JSON payload received. Unknown name "${unknown}": Cannot find field.`
  const parameters = parametersOf(fields)
  const unsupported = Object.keys(parameters).find((name) => rules.isUnsupported(name))
  if (unsupported !== undefined)
    return `\`${unsupported}\` isn't supported by this model. Please remove it or use another model.`
  return (
    instanceRefusal(fields) ??
    parametersRefusal(parameters, model) ??
    rules.refuse?.(parameters, model) ??
    null
  )
}
