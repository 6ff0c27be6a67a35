import { isRecord, numberOf, textOf, type JsonRecord } from './json.ts'
import type { Project, ProjectLimits } from './wire.ts'

const LIMITS = [
  'creates_per_minute',
  'reads_per_minute',
  'in_flight',
  'per_day',
  'retention_seconds',
] as const

/** Null for what has no id. Limits and usage are there when one project was asked for. */
export function readProject(value: JsonRecord): Project | null {
  const id = textOf(value['id'])
  if (id === null) return null
  const { limits, own_limits: own, usage } = value
  return {
    id,
    object: 'project',
    name: textOf(value['name']) ?? '',
    created_at: numberOf(value['created_at']) ?? 0,
    ...(isRecord(limits) ? { limits: readLimits(limits) } : {}),
    ...(isRecord(own) ? { own_limits: readLimits(own) } : {}),
    ...(isRecord(usage)
      ? {
          usage: {
            in_flight: numberOf(usage['in_flight']) ?? 0,
            created_today: numberOf(usage['created_today']) ?? 0,
          },
        }
      : {}),
  }
}

/** What is absent stays absent: it is not the same as no limit. */
const readLimits = (value: JsonRecord): ProjectLimits =>
  Object.fromEntries(
    LIMITS.flatMap((name) => (value[name] === undefined ? [] : [[name, numberOf(value[name])] as const])),
  )
