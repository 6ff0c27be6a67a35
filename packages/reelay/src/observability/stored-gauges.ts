import { Gauge, type Registry } from 'prom-client'
import type { ScheduledCount, Store } from '../store/store.ts'
import type { Clock } from '../system/clock.ts'
import type { Log } from '../system/log.ts'

/** How long an answer of the database is shown: many who scrape cost it no more than one. */
const KEPT_MS = 5_000

type Parts = {
  store: Pick<Store, 'countScheduled' | 'pausedUntilMs'>
  clock: Clock
  log: Log
  accounts: readonly string[]
  /** The label of an account's provider. */
  labelOf: (account: string) => string
}

type Stored = { counts: readonly ScheduledCount[]; paused: ReadonlyMap<string, boolean> }

/** What the database knows: the same in each process on it, so it is never added up over them. */
export function addStoredGauges(registry: Registry, parts: Parts): void {
  const { clock, labelOf } = parts
  const registers = [registry]
  const stored = keptStored(parts)
  const underWay = new Gauge({
    name: 'reelay_tasks',
    help: 'Tasks under way in the database, by state. Ended ones are counted by reelay_tasks_ended_total.',
    labelNames: ['provider', 'state'],
    registers,
    async collect() {
      const { counts } = await stored()
      // Between these nothing else runs: several may scrape at a time.
      underWay.reset()
      for (const { account, state, count } of counts)
        underWay.inc({ provider: labelOf(account), state }, count)
    },
  })
  const overdue = new Gauge({
    name: 'reelay_tasks_overdue_seconds',
    help: 'For how long the task that is due longest has not been worked on; 0 when none is late.',
    labelNames: ['provider'],
    registers,
    async collect() {
      const { counts } = await stored()
      const nowMs = clock.nowMs()
      const late = new Map<string, number>()
      for (const { account, oldestDueAtMs } of counts) {
        const lateMs = Math.max(0, nowMs - oldestDueAtMs)
        late.set(labelOf(account), Math.max(late.get(labelOf(account)) ?? 0, lateMs))
      }
      overdue.reset()
      for (const [provider, lateMs] of late) overdue.set({ provider }, lateMs / 1_000)
    },
  })
  const paused = new Gauge({
    name: 'reelay_account_paused',
    help: '1 while nothing is asked of a configured provider account: it refused its key, or asked to be left alone.',
    labelNames: ['account'],
    registers,
    async collect() {
      const { paused: all } = await stored()
      paused.reset()
      for (const [account, isPaused] of all) paused.set({ account }, isPaused ? 1 : 0)
    },
  })
}

/** Nothing is shown while the database does not answer: the other figures are, and this one being away says it. */
function keptStored({ store, clock, log, accounts }: Parts): () => Promise<Stored> {
  let kept: { atMs: number; answer: Promise<Stored> } | undefined
  const ask = async (): Promise<Stored> => {
    try {
      const counts = await store.countScheduled()
      const paused = new Map<string, boolean>()
      for (const account of accounts)
        paused.set(account, ((await store.pausedUntilMs(account)) ?? 0) > clock.nowMs())
      return { counts, paused }
    } catch (error) {
      log.warn({ err: error }, 'the store did not answer a scrape: its figures are left out')
      return { counts: [], paused: new Map() }
    }
  }
  return () => {
    const nowMs = clock.monotonicMs()
    if (kept === undefined || nowMs - kept.atMs >= KEPT_MS) kept = { atMs: nowMs, answer: ask() }
    return kept.answer
  }
}
