import type * as Port from '../store/store.ts'

/** The verbs of a store that only the engine asks for: the HTTP layer must never call one. */
export class TestEngineVerbs {
  get webhooks(): Port.Store['webhooks'] {
    return refuse('webhooks')
  }
  get retention(): Port.Store['retention'] {
    return refuse('retention')
  }
  get upkeep(): Port.Store['upkeep'] {
    return refuse('upkeep')
  }
  claimDue(): Promise<Port.ClaimBatch> {
    return refuse('claimDue')
  }
  renew(): Promise<boolean> {
    return refuse('renew')
  }
  release(): Promise<void> {
    return refuse('release')
  }
  commit(): Promise<Port.CommitOutcome> {
    return refuse('commit')
  }
  wake(): Promise<void> {
    return refuse('wake')
  }
  recordLateAnswer(): Promise<void> {
    return refuse('recordLateAnswer')
  }
  removableArtifacts(): Promise<readonly (Port.Artifact & { taskId: string })[]> {
    return refuse('removableArtifacts')
  }
  pauseAccount(): Promise<void> {
    return refuse('pauseAccount')
  }
  pausedUntilMs(): number | null {
    return refuse('pausedUntilMs')
  }
  pauseReason(): string | null {
    return refuse('pauseReason')
  }
  scheduledAccounts(): Promise<readonly string[]> {
    return refuse('scheduledAccounts')
  }
  countScheduled(): Promise<readonly Port.ScheduledCount[]> {
    return refuse('countScheduled')
  }
  inFlight(): ReturnType<Port.Store['inFlight']> {
    return refuse('inFlight')
  }
  clearLeases(): Promise<void> {
    return refuse('clearLeases')
  }
  durations(): ReturnType<Port.Store['durations']> {
    return refuse('durations')
  }
  async close(): Promise<void> {}
}

function refuse(verb: string): never {
  throw new Error(`${verb} is no business of the HTTP layer`)
}
