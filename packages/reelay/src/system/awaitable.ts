/**
 * What an embedded database answers at once and a remote one later. Callers await it; the hottest path goes on at once where
 * it can.
 */
export type Awaitable<T> = T | Promise<T>

/** Goes on with a value as soon as it is there: at once, without a turn of the event loop, when it is there already. */
export function whenThere<T, Next>(value: Awaitable<T>, use: (value: T) => Awaitable<Next>): Awaitable<Next> {
  return value instanceof Promise ? value.then(use) : use(value)
}
