import { jsonAnswer, type Answer } from '../../answer.ts'
import { textField, type SimulatorRequest } from '../../request.ts'
import { RUNWAY_KINDS, type ModelRules } from './models.ts'

interface Issue {
  readonly code: string
  readonly path: readonly string[]
  readonly message: string
}

/** In UTF-16 code units. */
const PROMPT_CHARACTERS_MAX = 1000

const issue = (code: string, field: string, message: string): Issue => ({ code, path: [field], message })

const listed = (values: readonly (string | number)[]): string =>
  values.map((value) => `'${value}'`).join(' | ')

function promptIssues(fields: Readonly<Record<string, unknown>>): Issue[] {
  const prompt = fields['promptText']
  if (typeof prompt !== 'string') return []
  if (prompt === '') return [issue('too_small', 'promptText', 'It must not be empty')]
  return prompt.length > PROMPT_CHARACTERS_MAX
    ? [issue('too_big', 'promptText', `It must have at most ${PROMPT_CHARACTERS_MAX} characters`)]
    : []
}

function durationIssues({ duration }: Readonly<Record<string, unknown>>, { seconds }: ModelRules): Issue[] {
  if (duration === undefined || seconds === null) return []
  if (typeof duration !== 'number') return [issue('invalid_type', 'duration', 'Expected a number')]
  const { min, max, values } = seconds
  if (values !== undefined && !values.includes(duration))
    return [issue('invalid_union', 'duration', `Expected ${listed(values)}`)]
  if (!Number.isInteger(duration) || duration < min || duration > max)
    return [issue('custom', 'duration', `Expected a whole number from ${min} to ${max}`)]
  return []
}

function issuesOf(fields: Readonly<Record<string, unknown>>, rules: ModelRules): Issue[] {
  const missing = rules.requires.filter((name) => fields[name] === undefined || fields[name] === null)
  const ratio = textField(fields, 'ratio')
  const badRatio = ratio !== '' && rules.ratios?.includes(ratio) === false
  return [
    ...missing.map((name) => issue('invalid_type', name, 'Required')),
    ...promptIssues(fields),
    ...(badRatio ? [issue('invalid_enum_value', 'ratio', `Expected ${listed(rules.ratios ?? [])}`)] : []),
    ...durationIssues(fields, rules),
  ]
}

function invalid(issues: readonly Issue[]): Answer {
  return jsonAnswer(400, { error: 'Validation of body failed', issues })
}

/** What is wrong with a create: a sentence, and a list of the fields. The wording of both is assumed. */
export function refuse({ fields, params, broken }: SimulatorRequest): Answer | null {
  if (broken !== null) return jsonAnswer(400, { error: `The body could not be read: ${broken}` })
  const models = RUNWAY_KINDS.get(params['kind'] ?? '') ?? new Map<string, ModelRules>()
  const rules = models.get(textField(fields, 'model'))
  if (rules === undefined)
    return invalid([issue('invalid_union_discriminator', 'model', `Expected ${listed([...models.keys()])}`)])
  const issues = issuesOf(fields, rules)
  return issues.length === 0 ? null : invalid(issues)
}
