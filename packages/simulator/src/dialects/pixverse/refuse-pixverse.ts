import type { Answer } from '../../answer.ts'
import { textField, type SimulatorRequest } from '../../request.ts'
import type { Verbs } from '../../verbs.ts'
import { errCode } from './pixverse-error.ts'
import { PIXVERSE_MODELS, PIXVERSE_QUALITIES, PIXVERSE_RATIOS } from './pixverse-models.ts'

type Fields = SimulatorRequest['fields']

const PROMPT_CHARACTERS_MAX = 2_048

/** The pictures that each route names, by the fields that name them. */
const PICTURES: ReadonlyMap<string, readonly string[]> = new Map([
  ['/openapi/v2/video/text/generate', []],
  ['/openapi/v2/video/img/generate', ['img_id']],
  ['/openapi/v2/video/transition/generate', ['first_frame_img', 'last_frame_img']],
])

const REQUIRED: readonly string[] = ['model', 'prompt', 'duration', 'quality']

/** 1080p is neither long nor fast. */
function isTooMuch(fields: Fields): boolean {
  return fields['quality'] === '1080p' && (fields['duration'] === 10 || fields['motion_mode'] === 'fast')
}

function isOneOf(value: unknown, values: readonly string[]): boolean {
  return typeof value === 'string' && values.includes(value)
}

function parameterFault(fields: Fields, isText: boolean): number | null {
  const model = PIXVERSE_MODELS[textField(fields, 'model')]
  const { duration, quality, aspect_ratio: ratio } = fields
  if (model === undefined) return 400017
  if (typeof duration !== 'number') return 400013
  if (!model.seconds.includes(duration) || !isOneOf(quality, PIXVERSE_QUALITIES)) return 400017
  if (isText && !isOneOf(ratio, PIXVERSE_RATIOS)) return 400017
  return isTooMuch(fields) ? 400017 : null
}

function pictureFault(fields: Fields, names: readonly string[], verbs: Verbs): number | null {
  for (const name of names) {
    const id = textField(fields, name)
    if (id === '' || id === '0') return 400011
    if (verbs.uploads.find(id) === undefined) return 400032
  }
  return null
}

/** Why a create would not be accepted. */
export function refusePixverse({ broken, fields, path }: SimulatorRequest, verbs: Verbs): Answer | null {
  if (broken !== null) return errCode(400013)
  const pictures = PICTURES.get(path) ?? []
  const isText = pictures.length === 0
  const required = isText ? [...REQUIRED, 'aspect_ratio'] : REQUIRED
  if (required.some((name) => textField(fields, name).trim() === '')) return errCode(400011)
  const texts = [textField(fields, 'prompt'), textField(fields, 'negative_prompt')]
  if (texts.some((text) => text.length > PROMPT_CHARACTERS_MAX)) return errCode(400018)
  const fault = pictureFault(fields, pictures, verbs) ?? parameterFault(fields, isText)
  return fault === null ? null : errCode(fault)
}
