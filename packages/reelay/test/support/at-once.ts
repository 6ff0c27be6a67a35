import type { Awaitable } from '../../src/system/awaitable.ts'

/** What an embedded store answers: for tests that look between two steps, without letting anything else happen. */
export function atOnce<T>(value: Awaitable<T>): T {
  if (value instanceof Promise) throw new Error('this store does not answer at once: await it')
  return value
}
