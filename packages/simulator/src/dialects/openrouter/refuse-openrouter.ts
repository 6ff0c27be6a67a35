import type { Answer } from '../../answer.ts'
import { listField, recordField, textField, type SimulatorRequest } from '../../request.ts'
import { badRequest } from './openrouter-error.ts'
import { OPENROUTER_MODELS, type OpenrouterModel } from './openrouter-models.ts'

type Fields = SimulatorRequest['fields']

const isIn = (value: unknown, values: readonly unknown[]): boolean =>
  value === undefined || values.includes(value)

function frameFault(fields: Fields, { frames }: OpenrouterModel): string | null {
  for (const item of listField(fields, 'frame_images')) {
    const frame = recordField({ item }, 'item')
    const { frame_type: type } = frame
    if (textField(recordField(frame, 'image_url'), 'url') === '')
      return 'frame_images: image_url.url is required'
    if (!frames.some((known) => known === type))
      return `frame_images: frame_type ${String(type)} is not supported`
  }
  return null
}

function shapeFault(fields: Fields, model: OpenrouterModel): string | null {
  const { duration, resolution, aspect_ratio: ratio, seed, generate_audio: audio } = fields
  if (!isIn(duration, model.durations)) return `duration must be one of ${model.durations.join(', ')}`
  if (!isIn(resolution, model.resolutions)) return `resolution must be one of ${model.resolutions.join(', ')}`
  if (!isIn(ratio, model.ratios)) return `aspect_ratio must be one of ${model.ratios.join(', ')}`
  if (seed !== undefined && !Number.isInteger(seed)) return 'seed must be an integer'
  if (audio !== undefined && typeof audio !== 'boolean') return 'generate_audio must be a boolean'
  return frameFault(fields, model)
}

/** An address of its own network is taken as well: real ones are on the internet and speak HTTPS. */
function callbackFault(fields: Fields): string | null {
  const address = fields['callback_url']
  if (address === undefined) return null
  const protocol = typeof address === 'string' ? URL.parse(address)?.protocol : undefined
  return protocol === 'https:' || protocol === 'http:' ? null : 'callback_url must be an HTTPS URL'
}

/** Why a create would not be accepted. The wording is assumed but for the first. */
export function refuseOpenrouter({ broken, fields }: SimulatorRequest): Answer | null {
  if (broken !== null) return badRequest('Invalid request parameters')
  const name = textField(fields, 'model')
  if (name === '') return badRequest('model is required')
  if (textField(fields, 'prompt').trim() === '') return badRequest('prompt is required')
  const model = OPENROUTER_MODELS[name]
  if (model === undefined) return badRequest(`${name} is not a valid model ID`)
  const fault = shapeFault(fields, model) ?? callbackFault(fields)
  return fault === null ? null : badRequest(fault)
}
