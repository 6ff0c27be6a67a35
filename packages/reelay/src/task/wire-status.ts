import type { TaskState } from './state.ts'

/** The five statuses of the wire contract. Clients of the `openai` profile see four: `error` is folded into `failed`. */
export type WireStatus = 'queued' | 'in_progress' | 'completed' | 'failed' | 'error'

/** Which statuses a caller knows. `comet`: all five. `openai`: four, because its helpers wait for ever on `error`. */
export type StatusProfile = 'comet' | 'openai'

/**
 * @param providerWaits true while the provider itself says that the job still waits in its queue.
 */
export function wireStatus(state: TaskState, providerWaits: boolean, profile: StatusProfile): WireStatus {
  switch (state) {
    case 'queued':
    case 'submitting':
    case 'unknown':
      return 'queued'
    case 'running':
      return providerWaits ? 'queued' : 'in_progress'
    case 'archiving':
      return 'in_progress'
    case 'completed':
      return 'completed'
    case 'failed':
      return 'failed'
    case 'error':
      return profile === 'openai' ? 'failed' : 'error'
  }
}

/** The stored states that a `status` filter of the list route means. `providerWaits` narrows `running`. */
export function statesOf(status: WireStatus, profile: StatusProfile): readonly TaskState[] {
  switch (status) {
    case 'queued':
      return ['queued', 'submitting', 'unknown']
    case 'in_progress':
      return ['archiving']
    case 'completed':
      return ['completed']
    case 'failed':
      return profile === 'openai' ? ['failed', 'error'] : ['failed']
    case 'error':
      return profile === 'openai' ? [] : ['error']
  }
}
