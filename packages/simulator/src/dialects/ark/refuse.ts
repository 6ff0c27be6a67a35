import type { Answer } from '../../answer.ts'
import { listField, recordField, textField, type SimulatorRequest } from '../../request.ts'
import type { Verbs } from '../../verbs.ts'
import { errorOf, textIn } from './answers.ts'
import { secondsOf } from './models.ts'

type Fields = Readonly<Record<string, unknown>>

/** The fields whose values are a closed list. */
const CHOICES: Readonly<Record<string, readonly string[]>> = {
  resolution: ['480p', '720p', '1080p'],
  ratio: ['16:9', '9:16', '1:1', '4:3', '3:4', '21:9', 'adaptive', 'keep_ratio'],
  service_tier: ['default', 'flex'],
}

/** The fields that are whole numbers, with their bounds. */
const NUMBERS: Readonly<Record<string, readonly [min: number, max: number]>> = {
  execution_expires_after: [3_600, 259_200],
  frames: [29, 289],
  seed: [-1, 0xffff_ffff],
}

const SWITCHES: readonly string[] = [
  'camera_fixed',
  'draft',
  'generate_audio',
  'return_last_frame',
  'watermark',
]
const ROLES: readonly string[] = ['first_frame', 'last_frame', 'reference_image']

/** Where the address is in each kind of item. */
const MEDIA: Readonly<Record<string, string>> = {
  image_url: 'image_url',
  video_url: 'video_url',
  audio_url: 'audio_url',
}

const missing = (param: string): Answer =>
  errorOf(400, {
    code: 'MissingParameter',
    message: `The request failed because it is missing one or multiple required parameters: ${param}.`,
    param,
  })

const invalid = (param: string, why: string): Answer =>
  errorOf(400, {
    code: 'InvalidParameter',
    message: `The parameter \`${param}\` specified in the request is not valid: ${why}.`,
    param,
  })

const noSuchModel = (model: string): Answer =>
  errorOf(404, {
    code: 'InvalidEndpointOrModel.NotFound',
    message: `The model or endpoint ${model} does not exist or you do not have access to it.`,
  })

function isAddress(url: string): boolean {
  return /^data:[a-z]+\/[\w.+-]+;base64,/u.test(url) || /^(?:https?|asset):/u.test(url)
}

function badItem(item: Fields, at: string): Answer | null {
  const type = textField(item, 'type')
  if (type === 'text') return textField(item, 'text') === '' ? missing(`${at}.text`) : null
  if (type === 'draft_task')
    return textField(recordField(item, 'draft_task'), 'id') === '' ? missing(`${at}.draft_task.id`) : null
  const field = MEDIA[type]
  if (field === undefined) return invalid(`${at}.type`, `the value "${type}" is not supported`)
  const url = textField(recordField(item, field), 'url')
  if (url === '') return missing(`${at}.${field}.url`)
  if (!isAddress(url)) return invalid(`${at}.${field}.url`, 'it is neither an address nor a file in base64')
  const role = item['role']
  if (type !== 'image_url' || role === undefined) return null
  return typeof role === 'string' && ROLES.includes(role)
    ? null
    : invalid(`${at}.role`, `use one of ${ROLES.join(', ')}`)
}

function badContent(fields: Fields): Answer | null {
  const content = listField(fields, 'content')
  if (content.length === 0) return missing('content')
  for (const [index, item] of content.entries()) {
    const bad = badItem(typeof item === 'object' && item !== null ? { ...item } : {}, `content[${index}]`)
    if (bad !== null) return bad
  }
  // A picture says enough by itself, and so does a draft.
  const hasMore = content.some((item) => textField(recordField({ item }, 'item'), 'type') !== 'text')
  if (hasMore || textIn(fields).trim() !== '') return null
  return missing('content.text')
}

function badNumber(fields: Fields, name: string, [min, max]: readonly [number, number]): Answer | null {
  const value = fields[name]
  if (value === undefined || value === null) return null
  return typeof value === 'number' && Number.isInteger(value) && value >= min && value <= max
    ? null
    : invalid(name, `it must be a whole number from ${min} to ${max}`)
}

function badDuration(fields: Fields, model: string): Answer | null {
  // The length is left to the newer models.
  if (fields['duration'] === -1 && !model.includes('seedance-1-0')) return null
  const { min, max } = secondsOf(model)
  return badNumber(fields, 'duration', [min, max])
}

function badParameter(fields: Fields): Answer | null {
  for (const [name, choices] of Object.entries(CHOICES)) {
    const value = fields[name]
    if (value === undefined || value === null) continue
    if (typeof value !== 'string' || !choices.includes(value))
      return invalid(name, `use one of ${choices.join(', ')}`)
  }
  for (const [name, bounds] of Object.entries(NUMBERS)) {
    const bad = badNumber(fields, name, bounds)
    if (bad !== null) return bad
  }
  const other = SWITCHES.find((name) => !['undefined', 'boolean'].includes(typeof fields[name]))
  if (other !== undefined) return invalid(other, 'it must be true or false')
  const callbackUrl = textField(fields, 'callback_url')
  return callbackUrl === '' || URL.canParse(callbackUrl) ? null : invalid('callback_url', 'it is no address')
}

/** What is wrong with a create. The codes are documented, the end of each sentence is assumed. */
export function refuse({ fields, broken }: SimulatorRequest, { models }: Verbs): Answer | null {
  if (broken !== null) return invalid('body', broken)
  const model = textField(fields, 'model')
  if (model === '') return missing('model')
  // An endpoint of the account's own serves whatever it was made for.
  if (!models.includes(model) && !model.startsWith('ep-')) return noSuchModel(model)
  return badContent(fields) ?? badParameter(fields) ?? badDuration(fields, model)
}
