import type { Reelay } from '../../src/compose.ts'
import type { Move } from '../../src/store/store.ts'

/**
 * Resolves after the next commit that satisfies a condition. Ask before it can happen: steps that change
 * nothing for clients, such as a failed look, are told to no listener.
 */
export function untilCommitted({ store }: Reelay, condition: (move: Move) => boolean): Promise<void> {
  const committed = Promise.withResolvers<void>()
  const commit = store.commit.bind(store)
  store.commit = async (move) => {
    const outcome = await commit(move)
    if (condition(move)) committed.resolve()
    return outcome
  }
  return committed.promise
}

/** Whether a commit puts an event of this kind on a task's timeline. */
export const hasEvent = (move: Move, kind: string): boolean =>
  move.events.some((event) => event.kind === kind)
