import type { Claim } from '../store/store.ts'
import type { EngineContext } from './context.ts'
import type { Lease } from './lease.ts'

/** One effect, one decision, one commit. Answers when the task is due next; null when it is off the schedule. */
export type Step = (context: EngineContext, claim: Claim, lease: Lease) => Promise<number | null>
