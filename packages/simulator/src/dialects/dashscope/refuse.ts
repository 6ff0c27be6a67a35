import type { Answer } from '../../answer.ts'
import { headerOf, listField, recordField, textField, type SimulatorRequest } from '../../request.ts'
import type { Verbs } from '../../verbs.ts'
import { errorAnswer, errorOf } from './answers.ts'
import { WAN_MODELS, type WanRules } from './models.ts'

type Fields = Readonly<Record<string, unknown>>

const RATIOS = ['16:9', '9:16', '1:1', '4:3', '3:4']
const SEED_MAX = 2_147_483_647
const SWITCHES: readonly string[] = ['audio', 'prompt_extend', 'watermark']
const MEDIA_TYPES = [
  'first_frame',
  'last_frame',
  'reference_image',
  'reference_video',
  'reference_audio',
  'first_clip',
]

/** The code is documented, the wording of most sentences is assumed. */
const invalid = (message: string): Answer => errorOf(400, 'InvalidParameter', message)

const required = (name: string): Answer =>
  invalid(`Required parameter "${name}" missing or invalid, please check the request parameters.`)

function isPicture(url: string): boolean {
  return /^(?:https?|oss):\/\//u.test(url) || /^data:[a-z]+\/[\w.+-]+;base64,/u.test(url)
}

function badMedia(input: Fields): Answer | null {
  for (const [index, item] of listField(input, 'media').entries()) {
    const { type, url } = recordField({ item }, 'item')
    if (typeof type !== 'string' || !MEDIA_TYPES.includes(type))
      return invalid(`input.media[${index}].type must be one of ${MEDIA_TYPES.join(', ')}.`)
    if (typeof url !== 'string' || !isPicture(url)) return invalid(`input.media[${index}].url is not valid.`)
  }
  return null
}

/** Whether what the model begins with is there. A picture came in a field of its own before 2.7. */
function badInput(input: Fields, { from }: WanRules): Answer | null {
  const prompt = textField(input, 'prompt').trim()
  const media = listField(input, 'media')
  const frame = textField(input, 'img_url') || textField(input, 'first_frame_url')
  if (frame !== '' && !isPicture(frame) && !/^[\w+/]+=*$/u.test(frame))
    return invalid('input.img_url is not valid.')
  switch (from) {
    case 'text':
      return prompt === '' ? required('input.prompt') : badMedia(input)
    case 'frame':
      return frame === '' && media.length === 0 ? required('input.img_url') : badMedia(input)
    case 'references':
      return media.length === 0 && listField(input, 'reference_urls').length === 0
        ? required('input.reference_urls')
        : badMedia(input)
    case 'any':
      return prompt === '' && media.length === 0 ? required('input.prompt') : badMedia(input)
  }
}

function badShape(parameters: Fields, { sizes, tiers }: WanRules): Answer | null {
  const { size, resolution, ratio } = parameters
  if (size !== undefined && sizes !== null && !(typeof size === 'string' && sizes.includes(size)))
    return invalid(`parameters.size must be one of ${sizes.join(', ')}.`)
  if (
    resolution !== undefined &&
    sizes === null &&
    !(typeof resolution === 'string' && tiers.includes(resolution))
  )
    return invalid(`parameters.resolution must be one of ${tiers.join(', ')}.`)
  if (ratio !== undefined && !(typeof ratio === 'string' && RATIOS.includes(ratio)))
    return invalid(`parameters.ratio must be one of ${RATIOS.join(', ')}.`)
  return null
}

const isWhole = (value: unknown, min: number, max: number): boolean =>
  typeof value === 'number' && Number.isInteger(value) && value >= min && value <= max

function badParameter(parameters: Fields, { seconds }: WanRules): Answer | null {
  const { duration, seed } = parameters
  const { min, max, values } = seconds
  const isLength = isWhole(duration, min, max) && values?.includes(Number(duration)) !== false
  if (duration !== undefined && !isLength)
    return invalid(
      `parameters.duration must be ${values?.join(' or ') ?? `a whole number from ${min} to ${max}`}.`,
    )
  if (seed !== undefined && !isWhole(seed, 0, SEED_MAX))
    return invalid(`parameters.seed must be a whole number from 0 to ${SEED_MAX}.`)
  const other = SWITCHES.find((name) => !['undefined', 'boolean'].includes(typeof parameters[name]))
  return other === undefined ? null : invalid(`parameters.${other} must be true or false.`)
}

/** Why the create would not be taken. What does not say that it is asynchronous is not served. */
export function refuse(request: SimulatorRequest, { models }: Verbs): Answer | null {
  const { fields, broken } = request
  if (broken !== null) return invalid(`The request body could not be read: ${broken}`)
  if (headerOf(request, 'x-dashscope-async') !== 'enable')
    return errorOf(403, 'AccessDenied', 'current user api does not support synchronous calls.')
  const model = textField(fields, 'model')
  if (model === '') return required('model')
  if (!models.includes(model)) return errorAnswer({ status: 404, code: 'model_not_found', message: '' })
  const input = recordField(fields, 'input')
  const parameters = recordField(fields, 'parameters')
  const rules = WAN_MODELS.get(model)
  // A model that the simulator was started with takes what it gets.
  if (rules === undefined) return badMedia(input)
  return badInput(input, rules) ?? badShape(parameters, rules) ?? badParameter(parameters, rules)
}
