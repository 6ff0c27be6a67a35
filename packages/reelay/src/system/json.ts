/** Readers of other people's JSON: they take what has the right type and turn everything else into null. */

export type JsonRecord = Readonly<Record<string, unknown>>

export const isRecord = (value: unknown): value is JsonRecord =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

export const recordOf = (value: unknown): JsonRecord => (isRecord(value) ? value : {})

export const listOf = (value: unknown): readonly unknown[] => (Array.isArray(value) ? value : [])

/**
 * Text, or a number as text; null for blank text and everything else. A number that JSON could not carry exactly is
 * null: as an id it would be somebody else's.
 */
export function textOf(value: unknown): string | null {
  if (typeof value === 'number' && Number.isFinite(value)) {
    return Number.isInteger(value) && !Number.isSafeInteger(value) ? null : String(value)
  }
  return typeof value === 'string' && value.trim() !== '' ? value : null
}

export function numberOf(value: unknown): number | null {
  const number = typeof value === 'string' && value.trim() !== '' ? Number(value) : value
  return typeof number === 'number' && Number.isFinite(number) ? number : null
}

/** The first of `values` that holds text. */
export const firstTextOf = (...values: readonly unknown[]): string | null =>
  values.map(textOf).find((text) => text !== null) ?? null
