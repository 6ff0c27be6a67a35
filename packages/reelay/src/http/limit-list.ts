import type { Limits } from '../store/store.ts'

/** What holds where nobody said otherwise. */
export const DEFAULT_LIMITS: Limits = {
  createsPerMinute: 1_200,
  readsPerMinute: 60_000,
  inFlight: 10_000,
  perDay: 100_000,
}

export const NO_LIMITS: Limits = {
  createsPerMinute: null,
  readsPerMinute: null,
  inFlight: null,
  perDay: null,
}

/** The same in words: what a text is measured against, and the example of messages. */
export const DEFAULT_LIMIT_LIST = 'creates=1200/m,reads=60000/m,in_flight=10000,per_day=100000'

type Part = { limit: keyof Limits; isRate: boolean }

const PARTS: Readonly<Record<string, Part>> = {
  creates: { limit: 'createsPerMinute', isRate: true },
  reads: { limit: 'readsPerMinute', isRate: true },
  in_flight: { limit: 'inFlight', isRate: false },
  per_day: { limit: 'perDay', isRate: false },
}

const PER_MINUTE: Readonly<Record<string, number>> = { s: 60, m: 1, h: 1 / 60 }

/** `off` is null: no limit. Undefined for what is neither. */
function valueOf(text: string, isRate: boolean): number | null | undefined {
  if (text === 'off') return null
  const match = /^(\d{1,9})(?:\/([smh]))?$/.exec(text)
  const count = Number(match?.[1])
  if (match === null || count === 0 || (match[2] !== undefined) !== isRate) return undefined
  return count * (PER_MINUTE[match[2] ?? 'm'] ?? 1)
}

/**
 * `creates=600/m,in_flight=50`: parts that are not named keep their defaults; `off` alone is no limit at all. Undefined when
 * the text is no such list, or names a part twice.
 */
export function parseLimitList(text: string): Limits | undefined {
  if (text.trim() === 'off') return NO_LIMITS
  const limits: Limits = { ...DEFAULT_LIMITS }
  const seen = new Set<string>()
  for (const entry of text.split(',')) {
    const [name = '', value = '', ...rest] = entry.split('=').map((word) => word.trim())
    const part = Object.hasOwn(PARTS, name) ? PARTS[name] : undefined
    const parsed = part === undefined || rest.length > 0 ? undefined : valueOf(value, part.isRate)
    if (part === undefined || parsed === undefined || seen.has(name)) return undefined
    seen.add(name)
    limits[part.limit] = parsed
  }
  return limits
}
