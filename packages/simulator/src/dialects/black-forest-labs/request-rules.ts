import { listField, textField, type SimulatorRequest } from '../../request.ts'

type Fields = SimulatorRequest['fields']

/** What FastAPI says of one field. */
export interface FieldFault {
  readonly type: string
  readonly loc: readonly (string | number)[]
  readonly msg: string
  readonly input: unknown
}

const MODES = ['t2v', 'i2v', 'v2v', 'draft_enhance']
const RATIOS = ['21:9', '2:1', '16:9', '4:3', '1:1', '3:4', '9:16', 'auto']
const RESOLUTIONS = ['hd', 'fhd']
const VERSIONS = ['latest']

const SECONDS_MIN = 5
const SECONDS_MAX = 20
const TOLERANCE_MAX = 4
const KEYFRAMES_MAX = 10
/** So many pictures without a time each need a length to be spread over. */
const UNTIMED_KEYFRAMES_MAX = 2

/** Unasked it picks a length that fits the content: assumed to be the shortest. */
const SECONDS_DEFAULT = 5

export function secondsOf(fields: Fields): number {
  const seconds = fields['duration']
  return typeof seconds === 'number' ? seconds : SECONDS_DEFAULT
}

const modeOf = (fields: Fields): string => textField(fields, 'mode') || 't2v'

function fault(fields: Fields, name: string, type: string, msg: string): FieldFault {
  return { type, loc: ['body', modeOf(fields), name], msg, input: fields[name] ?? null }
}

function missing(fields: Fields, name: string): FieldFault[] {
  return textField(fields, name) === '' ? [fault(fields, name, 'missing', 'Field required')] : []
}

function oneOf(fields: Fields, name: string, values: readonly string[]): FieldFault[] {
  const value = fields[name] ?? null
  if (value === null || (typeof value === 'string' && values.includes(value))) return []
  const list = values.map((one) => `'${one}'`)
  const last = list.at(-1) ?? ''
  const words = list.length > 1 ? `${list.slice(0, -1).join(', ')} or ${last}` : last
  return [fault(fields, name, 'literal_error', `Input should be ${words}`)]
}

function wholeBetween(fields: Fields, name: string, min: number, max: number): FieldFault[] {
  const value = fields[name] ?? null
  if (value === null) return []
  if (typeof value !== 'number' || !Number.isInteger(value))
    return [fault(fields, name, 'int_type', 'Input should be a valid integer')]
  if (value < min)
    return [fault(fields, name, 'greater_than_equal', `Input should be greater than or equal to ${min}`)]
  return value > max
    ? [fault(fields, name, 'less_than_equal', `Input should be less than or equal to ${max}`)]
    : []
}

function keyframesFaults(fields: Fields): FieldFault[] {
  const keyframes = listField(fields, 'keyframes')
  if (keyframes.length === 0) return [fault(fields, 'keyframes', 'missing', 'Field required')]
  if (keyframes.length > KEYFRAMES_MAX) {
    const msg = `List should have at most ${KEYFRAMES_MAX} items after validation, not ${keyframes.length}`
    return [fault(fields, 'keyframes', 'too_long', msg)]
  }
  const untimed = keyframes.filter((keyframe) => typeof keyframe === 'string').length
  if (untimed <= UNTIMED_KEYFRAMES_MAX || fields['duration'] != null) return []
  const msg = 'Value error, duration is required for three or more keyframes without a time'
  return [fault(fields, 'duration', 'value_error', msg)]
}

function inputFaults(fields: Fields): FieldFault[] {
  switch (modeOf(fields)) {
    case 'i2v':
      return [...missing(fields, 'prompt'), ...keyframesFaults(fields)]
    case 'v2v':
      return [...missing(fields, 'prompt'), ...missing(fields, 'start_video')]
    case 'draft_enhance':
      return missing(fields, 'draft_cache')
    default:
      return missing(fields, 'prompt')
  }
}

/** What is wrong with a body, field by field. */
export function faultsOf(fields: Fields): readonly FieldFault[] {
  const mode = textField(fields, 'mode')
  if (mode !== '' && !MODES.includes(mode)) {
    const tags = MODES.map((one) => `'${one}'`).join(', ')
    const msg = `Input tag '${mode}' found using 'mode' does not match any of the expected tags: ${tags}`
    return [{ type: 'union_tag_invalid', loc: ['body'], msg, input: fields }]
  }
  return [
    ...inputFaults(fields),
    ...wholeBetween(fields, 'duration', SECONDS_MIN, SECONDS_MAX),
    ...wholeBetween(fields, 'safety_tolerance', 0, TOLERANCE_MAX),
    ...oneOf(fields, 'aspect_ratio', RATIOS),
    ...oneOf(fields, 'resolution', RESOLUTIONS),
    ...oneOf(fields, 'version', VERSIONS),
  ]
}
