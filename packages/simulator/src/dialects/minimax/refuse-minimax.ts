import type { Answer } from '../../answer.ts'
import { listField, recordField, textField, type SimulatorRequest } from '../../request.ts'
import { invalidParams, minimaxError } from './minimax-error.ts'
import { H3_MODELS, H3_RATIOS, HAILUO_MODELS } from './minimax-models.ts'

type Fields = SimulatorRequest['fields']

const PROMPT_CHARACTERS_MAX = 2_000
const H3_PICTURES_MAX = 9

const FRAME_ROLES: readonly string[] = ['first_frame', 'last_frame']

function hailuoFault(fields: Fields): string | null {
  const name = textField(fields, 'model')
  const model = HAILUO_MODELS[name]
  if (name === '') return 'model is required'
  if (model === undefined) return `model ${name} not exist`
  const prompt = textField(fields, 'prompt')
  const hasPicture = textField(fields, 'first_frame_image') !== ''
  if (model.needsPicture && !hasPicture) return 'first_frame_image is required'
  if (prompt.trim() === '' && !hasPicture) return 'prompt is required'
  if (prompt.length > PROMPT_CHARACTERS_MAX)
    return `prompt is longer than ${PROMPT_CHARACTERS_MAX} characters`
  const seconds = fields['duration'] ?? 6
  if (typeof seconds !== 'number' || !model.seconds.includes(seconds))
    return `duration must be one of ${model.seconds.join(', ')}`
  const resolution = textField(fields, 'resolution') || model.resolutions[0]
  if (!model.resolutions.includes(resolution ?? ''))
    return `resolution must be one of ${model.resolutions.join(', ')}`
  if (resolution === '1080P' && seconds !== 6) return '1080P takes 6 seconds only'
  return null
}

interface Content {
  readonly texts: readonly string[]
  readonly roles: readonly string[]
}

/** The items that move a video of the second generation. */
function contentOf(fields: Fields): Content {
  const items = listField(fields, 'content').map((item) => recordField({ item }, 'item'))
  const texts = items.filter((item) => item['type'] === 'text').map((item) => textField(item, 'text').trim())
  return { texts, roles: items.flatMap((item) => textField(item, 'role') || []) }
}

function rolesFault({ roles }: Content, takesReferences: boolean): string | null {
  const frames = roles.filter((role) => FRAME_ROLES.includes(role))
  const references = roles.filter((role) => role.startsWith('reference_'))
  if (references.length > 0 && !takesReferences) return 'this model takes no references'
  if (frames.length > 0 && references.length > 0) return 'frames and references cannot be used together'
  if (frames.includes('last_frame') && !frames.includes('first_frame'))
    return 'last_frame needs a first_frame'
  if (references.filter((role) => role === 'reference_image').length > H3_PICTURES_MAX)
    return `at most ${H3_PICTURES_MAX} reference images`
  return null
}

/** From text alone the ratio must be said, and cannot follow a picture that is not there. */
function ratioFault(fields: Fields, { roles }: Content): string | null {
  const ratio = textField(fields, 'ratio')
  if (ratio !== '' && !H3_RATIOS.includes(ratio)) return `ratio must be one of ${H3_RATIOS.join(', ')}`
  if (roles.length > 0) return null
  return ratio === '' || ratio === 'adaptive'
    ? 'ratio is required for text-to-video and cannot be adaptive'
    : null
}

function h3Fault(fields: Fields): string | null {
  const name = textField(fields, 'model')
  const model = H3_MODELS[name]
  if (name === '') return 'model is required'
  if (model === undefined) return `model ${name} not exist`
  const content = contentOf(fields)
  if (content.texts.filter((text) => text !== '').length !== 1)
    return 'content must include a non-empty text item (prompt is required)'
  const seconds = fields['duration']
  const { secondsMin, secondsMax, resolutions } = model
  if (
    typeof seconds !== 'number' ||
    !Number.isInteger(seconds) ||
    seconds < secondsMin ||
    seconds > secondsMax
  )
    return `duration must be an integer from ${secondsMin} to ${secondsMax}`
  if (!resolutions.includes(textField(fields, 'resolution')))
    return `resolution must be one of ${resolutions.join(', ')}`
  return rolesFault(content, model.takesReferences) ?? ratioFault(fields, content)
}

/** Why a create of either generation would not be accepted. The wording after "invalid params" is assumed. */
export function refuseMinimax(request: SimulatorRequest, generation: 'v1' | 'v2'): Answer | null {
  const { broken, fields, path } = request
  if (broken !== null) return minimaxError({ status: 400, code: '2013', message: broken }, path)
  const fault = generation === 'v1' ? hailuoFault(fields) : h3Fault(fields)
  return fault === null ? null : invalidParams(fault, path)
}

/** The prompt of the second generation. */
export function promptOf(fields: Fields): string {
  return contentOf(fields).texts.find((text) => text !== '') ?? ''
}
