import type { Answer } from '../../answer.ts'
import { listField, textField, type SimulatorRequest } from '../../request.ts'
import { refused } from './vidu-error.ts'
import { kindOf, VIDU_MODELS, VIDU_PICTURES, type ViduModel } from './vidu-models.ts'

type Fields = SimulatorRequest['fields']

const PAYLOAD_CHARACTERS_MAX = 1_048_576
const MOVEMENTS: readonly string[] = ['auto', 'small', 'medium', 'large']

const lacking = (field: string): Answer => refused('FieldLacking', `field is missing or empty: ${field}`)

const isWhole = (value: unknown): value is number => typeof value === 'number' && Number.isInteger(value)

function isOneOf(value: unknown, values: readonly string[]): boolean {
  return value === undefined || (typeof value === 'string' && values.includes(value))
}

/** The name of a field that has a value it cannot have. */
function invalidField(
  fields: Fields,
  { secondsMin, secondsMax, resolutions, ratios }: ViduModel,
): string | null {
  const { duration, resolution, aspect_ratio: ratio, movement_amplitude: movement, seed } = fields
  if (duration !== undefined && !(isWhole(duration) && duration >= secondsMin && duration <= secondsMax))
    return 'duration'
  if (!isOneOf(resolution, resolutions)) return 'resolution'
  if (!isOneOf(ratio, ratios)) return 'aspect_ratio'
  if (!isOneOf(movement, MOVEMENTS)) return 'movement_amplitude'
  if (seed !== undefined && !isWhole(seed)) return 'seed'
  return textField(fields, 'payload').length > PAYLOAD_CHARACTERS_MAX ? 'payload' : null
}

/** Why a create would not be accepted. */
export function refuseVidu({ broken, fields, path }: SimulatorRequest): Answer | null {
  if (broken !== null) return refused('BadRequest', `bad request: ${broken}`)
  const kind = kindOf(path)
  const name = textField(fields, 'model')
  if (name === '') return lacking('model')
  const model = VIDU_MODELS[name]
  if (model === undefined || !model.kinds.includes(kind))
    return refused('ModelUnavailable', 'model unavailable')
  const [least, most] = VIDU_PICTURES[kind]
  const images = listField(fields, 'images')
  if (images.length === 0 && least > 0) return lacking('images')
  if (images.length > 0 && most === 0) return refused('FieldUnwanted', 'unwanted field: images')
  if (images.length < least || images.length > most)
    return refused('FieldItemCountOutOfRange', 'field item count out of range: images')
  const needsPrompt = kind === 'text2video' || kind === 'reference2video'
  if (needsPrompt && textField(fields, 'prompt').trim() === '') return lacking('prompt')
  const invalid = invalidField(fields, model)
  return invalid === null ? null : refused('FieldInvalid', `invalid field: ${invalid}`)
}
