import type { Answer } from './answer.ts'
import type { Fault, FaultPoint } from './fault.ts'
import type { Script } from './script.ts'
import type { Task } from './task.ts'

/** What to send: the real answer, null when the request had no effect, and the fault that spoils it. */
export interface Outcome {
  readonly real: Answer | null
  readonly fault: Fault | null
  readonly point: FaultPoint | null
  readonly task: Task | null
  readonly script: Script | null
  /** To do once the answer has left. */
  readonly after?: () => void
}

export function plainOutcome(real: Answer, point: FaultPoint | null): Outcome {
  return { real, fault: null, point, task: null, script: null }
}
