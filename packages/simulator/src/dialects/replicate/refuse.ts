import { jsonAnswer, type Answer } from '../../answer.ts'
import { listField, recordField, textField, type SimulatorRequest } from '../../request.ts'
import { REPLICATE_MODELS, versionOf, type ModelRules } from './models.ts'

interface InvalidField {
  readonly type: string
  readonly field: string
  readonly description: string
}

const EVENTS: readonly unknown[] = ['start', 'output', 'logs', 'completed']

const NO_SUCH_VERSION =
  "The specified version does not exist (or perhaps you don't have permission to use it?)"

/** The same twice: as lines of a text, and as a list. */
function invalid(fields: readonly InvalidField[]): Answer {
  const detail = fields.map(({ field, description }) => `- ${field}: ${description}\n`).join('')
  return jsonAnswer(422, { title: 'Input validation failed', detail, status: 422, invalid_fields: fields })
}

function inputFaults(input: Readonly<Record<string, unknown>>, rules: ModelRules): InvalidField[] {
  const missing = rules.requires.filter((name) => input[name] === undefined || input[name] === null)
  const faults = missing.map((name) => ({
    type: 'required',
    field: 'input',
    description: `${name} is required`,
  }))
  const { duration } = input
  if (duration === undefined || rules.durations === null) return faults
  if (typeof duration === 'number' && rules.durations.includes(duration)) return faults
  const description = `duration must be one of the following: ${rules.durations.join(', ')}`
  return [...faults, { type: 'enum', field: 'input.duration', description }]
}

function webhookFaults(fields: Readonly<Record<string, unknown>>): InvalidField[] {
  const url = fields['webhook']
  const isUrl = typeof url === 'string' && /^https?:$/u.test(URL.parse(url)?.protocol ?? '')
  const faults: InvalidField[] =
    url === undefined || url === null || isUrl
      ? []
      : [{ type: 'format', field: 'webhook', description: 'must be a valid URL' }]
  const strangers = listField(fields, 'webhook_events_filter').filter((event) => !EVENTS.includes(event))
  if (strangers.length === 0) return faults
  const description = `must be one of the following: ${EVENTS.join(', ')}`
  return [...faults, { type: 'enum', field: 'webhook_events_filter', description }]
}

/** What is wrong with a create; null when nothing is. The wording is assumed. */
export function refuse({ fields, params, broken }: SimulatorRequest): Answer | null {
  if (broken !== null) return jsonAnswer(400, { title: 'Bad request', detail: broken, status: 400 })
  if (params['model'] === undefined && versionOf(textField(fields, 'version')) === null) {
    const title = 'Invalid version or not permitted'
    return jsonAnswer(422, { title, detail: NO_SUCH_VERSION, status: 422 })
  }
  const { input } = fields
  if (typeof input !== 'object' || input === null || Array.isArray(input))
    return invalid([{ type: 'required', field: 'input', description: 'input is required' }])
  const rules = REPLICATE_MODELS.get(params['model'] ?? '') ?? { requires: [], durations: null }
  const faults = [...inputFaults(recordField(fields, 'input'), rules), ...webhookFaults(fields)]
  return faults.length === 0 ? null : invalid(faults)
}
