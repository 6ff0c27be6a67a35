import { ReelayError } from './errors.ts'

/**
 * Refuses negative numbers and NaN, which would turn a pause into none.
 * @throws ReelayError `invalid_argument`
 */
export function atLeastZero(name: string, value: number): number {
  if (value >= 0) return value
  throw new ReelayError('invalid_argument', `${name} must be 0 or more, not ${value}`, { param: name })
}
