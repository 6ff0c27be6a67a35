import type { ProjectLimits } from '@reelay/sdk'

export type LimitName = keyof ProjectLimits

/** A limit as a form holds it: the gateway's, none, or a number of its own as it was typed. */
export type LimitChoice = { kind: 'gateway' | 'none' | 'own'; text: string }

export type LimitForm = Readonly<Record<LimitName, LimitChoice>>

type LimitField = {
  name: LimitName
  label: string
  /** What the number counts. */
  unit: string
  min: number
  /** How much of the API's unit one of the form's is. */
  factor: number
}

export const LIMIT_FIELDS: readonly LimitField[] = [
  { name: 'creates_per_minute', label: 'Creates', unit: 'a minute', min: 0, factor: 1 },
  { name: 'reads_per_minute', label: 'Other requests', unit: 'a minute', min: 1, factor: 1 },
  { name: 'in_flight', label: 'Videos under way', unit: 'at a time', min: 0, factor: 1 },
  { name: 'per_day', label: 'Videos', unit: 'a day (UTC)', min: 0, factor: 1 },
  { name: 'retention_seconds', label: 'Files kept', unit: 'hours', min: 1, factor: 3_600 },
]

/** @param own what was set for the project */
export function limitFormOf(own: ProjectLimits): LimitForm {
  const choiceOf = (name: LimitName): LimitChoice => {
    const value = own[name]
    if (value === undefined) return { kind: 'gateway', text: '' }
    if (value === null) return { kind: 'none', text: '' }
    return {
      kind: 'own',
      text: String(value / (LIMIT_FIELDS.find((field) => field.name === name)?.factor ?? 1)),
    }
  }
  return {
    creates_per_minute: choiceOf('creates_per_minute'),
    reads_per_minute: choiceOf('reads_per_minute'),
    in_flight: choiceOf('in_flight'),
    per_day: choiceOf('per_day'),
    retention_seconds: choiceOf('retention_seconds'),
  }
}

/** What is sent: limits that are the gateway's are not named. */
export function limitsOf(form: LimitForm): ProjectLimits {
  const entries = LIMIT_FIELDS.flatMap(({ name, factor }): [LimitName, number | null][] => {
    const { kind, text } = form[name]
    if (kind === 'gateway') return []
    return [[name, kind === 'none' ? null : Math.round(Number(text) * factor)]]
  })
  return Object.fromEntries(entries)
}
