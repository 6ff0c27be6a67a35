import { StoreUnavailable, type ChangeListener, type Store } from '../../src/store/store.ts'
import type { Chance } from './chance.ts'
import type { Gate } from './gate.ts'
import { intercepted, type Call } from './intercepted.ts'

/** `full`: it can be read. Shares of writes, in [0, 1], that are refused, or stored without an answer. */
export type StoreFault = { mode: 'up' | 'full' | 'down'; refused: number; lost: number }

export const STORE_WORKS: StoreFault = { mode: 'up', refused: 0, lost: 0 }

/** What a process knows of the database. */
export type StoreLine = {
  gate: Gate
  chance: Chance
  fault: () => StoreFault
  /** Right before and after a write: a process may be killed there. */
  writing: (when: 'before' | 'after', verb: string) => void
  /** A write was refused, or its answer lost. */
  disturbed: () => void
}

const READS: ReadonlySet<string> = new Set([
  'findIdempotent',
  'findTask',
  'loadTask',
  'loadTasks',
  'artifacts',
  'artifactsOf',
  'findCallbackTarget',
  'findProject',
  'removableArtifacts',
  'pausedUntilMs',
  'pauseReason',
  'scheduledAccounts',
  'durations',
  'inFlight',
])

/** The store as one simulated process sees it: over a line that can be cut at any moment. */
export function storeHandle(base: () => Store, line: StoreLine): Store {
  return intercepted(base(), (call) => {
    if (call.verb === 'onChange' || call.verb === 'webhooks.onDue') return subscribe(call, line)
    return READS.has(call.verb) ? read(call, line) : write(call, line)
  })
}

function subscribe(call: Call, { gate }: StoreLine): () => void {
  const [listener] = call.args as [ChangeListener]
  const heard: ChangeListener = (taskId, kind) => gate.run(() => listener(taskId, kind))
  const unsubscribe = call.go([heard]) as () => void
  gate.atDeath(unsubscribe)
  return unsubscribe
}

function read({ go }: Call, { gate, fault }: StoreLine): unknown {
  if (fault().mode === 'down') throw new StoreUnavailable('the database cannot be reached')
  const answer = go()
  return answer instanceof Promise ? gate.through(answer) : answer
}

function write({ go, verb }: Call, { gate, chance, fault, writing, disturbed }: StoreLine): unknown {
  const { mode, refused, lost } = fault()
  if (mode !== 'up' || chance.happens(refused)) {
    disturbed()
    return gate.through(Promise.reject(new StoreUnavailable(`the database is ${mode}`)))
  }
  writing('before', verb)
  if (gate.isDead) return new Promise(() => {})
  // A process that is frozen here writes when it is thawed, not knowing how late it is.
  const answer = gate.isFrozen ? late(gate, go) : (go() as Promise<unknown>)
  writing('after', verb)
  if (!chance.happens(lost)) return gate.through(answer)
  return gate.through(withoutAnswer(answer, disturbed))
}

async function late(gate: Gate, go: Call['go']): Promise<unknown> {
  await gate.through(Promise.resolve())
  return go()
}

async function withoutAnswer(answer: Promise<unknown>, disturbed: () => void): Promise<never> {
  await answer
  disturbed()
  throw new StoreUnavailable('the answer to the commit was lost', { mayBeStored: true })
}
