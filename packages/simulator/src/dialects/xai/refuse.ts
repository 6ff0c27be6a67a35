import type { Answer } from '../../answer.ts'
import { listField, recordField, textField, type SimulatorRequest } from '../../request.ts'
import { errorAnswer, textError } from './answers.ts'

export const XAI_MODELS: readonly string[] = ['grok-imagine-video', 'grok-imagine-video-1.5']

const RATIOS: readonly unknown[] = ['16:9', '9:16', '1:1', '4:3', '3:4', '3:2', '2:3']
const TIERS: readonly unknown[] = ['480p', '720p', '1080p']
const SECONDS_MAX = 15
const REFERENCES_MAX = 7

const invalid = (message: string): Answer => errorAnswer({ status: 400, code: 'invalid_argument', message })

/** A picture may do without a text (assumed). */
function isTextAlone(fields: Readonly<Record<string, unknown>>): boolean {
  return fields['image'] === undefined && fields['reference_images'] === undefined
}

/** What cannot be read at all is told as a text alone. */
function unreadable({ fields, params }: SimulatorRequest): string | null {
  if (typeof fields['model'] !== 'string') return 'Failed to deserialize the JSON body: missing field `model`'
  if (isTextAlone(fields) && typeof fields['prompt'] !== 'string')
    return 'Failed to deserialize the JSON body: missing field `prompt`'
  if (params['kind'] === 'generations' || textField(recordField(fields, 'video'), 'url') !== '') return null
  return 'Failed to deserialize the JSON body: missing field `video`'
}

function badGeneration({ fields, params }: SimulatorRequest): string | null {
  const { duration, aspect_ratio: ratio, resolution } = fields
  const model = textField(fields, 'model')
  if (duration !== undefined && (typeof duration !== 'number' || duration < 1 || duration > SECONDS_MAX))
    return `duration must be from 1 to ${SECONDS_MAX}.`
  if (params['kind'] !== 'generations') return null
  if (ratio !== undefined && !RATIOS.includes(ratio))
    return `aspect_ratio must be one of ${RATIOS.join(', ')}.`
  if (resolution !== undefined && !TIERS.includes(resolution))
    return `resolution must be one of ${TIERS.join(', ')}.`
  if (resolution === '1080p' && model === 'grok-imagine-video') return 'This model makes no 1080p.'
  if (listField(fields, 'reference_images').length > REFERENCES_MAX)
    return `reference_images must be at most ${REFERENCES_MAX}.`
  return isTextAlone(fields) && textField(fields, 'prompt').trim() === '' ? 'prompt must not be empty.' : null
}

/** Why it does not take a create; null when it does. Limits as adapters and public reports know them. */
export function refuse(request: SimulatorRequest): Answer | null {
  if (request.broken !== null) return textError(400, request.broken)
  const missing = unreadable(request)
  if (missing !== null) return textError(422, missing)
  const model = textField(request.fields, 'model')
  if (!model.startsWith('grok-')) return errorAnswer({ status: 404, code: 'model_not_found', message: model })
  const message = badGeneration(request)
  return message === null ? null : invalid(message)
}
