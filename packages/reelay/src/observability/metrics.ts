import { Counter, Histogram, Registry } from 'prom-client'
import type { Store } from '../store/store.ts'
import type { Clock } from '../system/clock.ts'
import type { Log } from '../system/log.ts'
import { providerNameOf } from '../task/provider-name.ts'
import { isTerminal } from '../task/state.ts'
import type { MoveSeen, Observer } from './observer.ts'
import { addProcessGauges } from './process-gauges.ts'
import { RequestTimes } from './request-times.ts'
import { addStoredGauges } from './stored-gauges.ts'

/** Upper bounds in seconds: from a look to the longest deadline. */
const JOB_BUCKETS_S = [1, 5, 15, 30, 60, 120, 300, 600, 1_200, 3_600, 21_600, 86_400]
const DETECTION_BUCKETS_S = [0.1, 0.5, 1, 2, 5, 10, 20, 40, 90, 300, 900]
const TRANSFER_BUCKETS_S = [0.1, 0.5, 1, 2.5, 5, 10, 30, 60, 120, 300, 900]
const ANSWER_BUCKETS_S = [0.01, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 15, 60, 120]
const METHODS = ['GET', 'HEAD', 'POST', 'PATCH', 'DELETE'] as const

/** Whatever a database still holds of accounts that are no longer set up. */
const UNCONFIGURED = 'other'

export type MetricsParts = {
  store: Pick<Store, 'countScheduled' | 'pausedUntilMs'>
  clock: Clock
  log: Log
  /** All that are configured: only their names become labels. */
  accounts: readonly string[]
  version: string
  role: string
}

/** The figures of this process, for Prometheus. */
export interface Metrics {
  readonly observer: Observer
  readonly contentType: string
  /** Everything in Prometheus' text format. */
  render(): Promise<string>
  /** What there is, by name: for the test of its documentation. */
  readonly registry: Registry
  stop(): void
}

export function createMetrics(parts: MetricsParts): Metrics {
  const registry = new Registry()
  const labelOf = providerLabel(parts.accounts)
  const stopMeasuring = addProcessGauges(registry, parts)
  addStoredGauges(registry, { ...parts, labelOf })
  return {
    observer: createObserver(registry, labelOf, parts.clock),
    contentType: registry.contentType,
    render: () => registry.metrics(),
    registry,
    stop: stopMeasuring,
  }
}

/** A label has as many values as there are providers set up, whatever tasks and requests say. */
function providerLabel(accounts: readonly string[]): (account: string) => string {
  const names = new Set(accounts.map(providerNameOf))
  return (account) => {
    const name = providerNameOf(account)
    return names.has(name) ? name : UNCONFIGURED
  }
}

const seconds = (ms: number): number => Math.max(0, ms) / 1_000

function createObserver(
  registry: Registry,
  labelOf: (account: string) => string,
  clock: Pick<Clock, 'nowMs'>,
): Observer {
  const requests = new RequestTimes(registry, METHODS)
  const tasks = taskMetrics(registry)
  const work = workMetrics(registry)
  const outside = outsideMetrics(registry)
  return {
    answered: (request) => requests.add(request),
    created: ({ task, origin }) => {
      const account = task.attempt?.account ?? task.candidates[0]?.account ?? ''
      tasks.created.inc({ provider: labelOf(account), origin })
    },
    submitted: ({ account, lap }) =>
      work.submitTimes.observe({ provider: labelOf(account) }, seconds(lap.durationMs)),
    looked: ({ account, outcome, lap }) => {
      work.polls.inc({ provider: labelOf(account), outcome })
      work.pollTimes.observe({ provider: labelOf(account) }, seconds(lap.durationMs))
    },
    moved: (move) => countMove(move, { ...tasks, ...work }, labelOf),
    archived: ({ account, outcome, bytes, lap }) => {
      const provider = labelOf(account)
      work.archives.inc({ provider, outcome })
      if (outcome !== 'stored') return
      work.archivedBytes.inc({ provider }, bytes)
      work.archiveTimes.observe({ provider }, seconds(lap.durationMs))
    },
    delivered: ({ delivery, outcome, lap }) => {
      outside.deliveries.inc({ outcome: outcome === 'pending' ? 'retried' : outcome })
      outside.deliveryTimes.observe(seconds(lap.durationMs))
      if (outcome === 'delivered') outside.deliveryLag.observe(seconds(clock.nowMs() - delivery.createdAtMs))
    },
    calledBack: ({ account, verdict, outcome }) =>
      outside.callbacks.inc({ provider: labelOf(account), verdict, outcome }),
    leaseLost: () => work.leasesLost.inc(),
    traceparentOf: () => null,
  }
}

type MoveMetrics = ReturnType<typeof taskMetrics> & ReturnType<typeof workMetrics>

function countMove(
  { before, decision, account, outcome }: MoveSeen,
  metrics: MoveMetrics,
  labelOf: (account: string) => string,
): void {
  if (outcome.kind === 'fenced') metrics.fenced.inc()
  if (outcome.kind !== 'committed') return
  const { task } = outcome
  const attempted = labelOf(before.attempt?.account ?? account)
  if (decision.attempt?.kind === 'patch' && decision.attempt.patch.state !== undefined) {
    const { state } = decision.attempt.patch
    metrics.submits.inc({
      provider: attempted,
      outcome: before.state === 'unknown' && state === 'accepted' ? 'found' : state,
    })
  }
  if (decision.duration !== undefined && before.state === 'running') {
    const { lowerMs, upperMs, exactMs } = decision.duration
    const measured = exactMs === null ? 'bound' : 'exact'
    metrics.detection.observe({ provider: attempted, measured }, seconds(upperMs - (exactMs ?? lowerMs)))
  }
  if (!isTerminal(task.state) || isTerminal(before.state)) return
  const provider = labelOf(account)
  metrics.ended.inc({ provider, outcome: task.state, code: task.error?.code ?? 'none' })
  const livedMs = (task.completedAtMs ?? task.updatedAtMs) - task.createdAtMs
  metrics.lifetimes.observe({ provider, outcome: task.state }, seconds(livedMs))
}

function taskMetrics(registry: Registry) {
  const registers = [registry]
  return {
    created: new Counter({
      name: 'reelay_tasks_created_total',
      help: 'Tasks that were accepted here: created, or adopted from a job made elsewhere.',
      labelNames: ['provider', 'origin'],
      registers,
    }),
    ended: new Counter({
      name: 'reelay_tasks_ended_total',
      help: 'Tasks that came to their end here, by final state and by error code; none for a video.',
      labelNames: ['provider', 'outcome', 'code'],
      registers,
    }),
    lifetimes: new Histogram({
      name: 'reelay_task_seconds',
      help: 'From the create of a task to its end.',
      labelNames: ['provider', 'outcome'],
      buckets: JOB_BUCKETS_S,
      registers,
    }),
    detection: new Histogram({
      name: 'reelay_detection_delay_seconds',
      help: "From the end of a job to the look that saw it: exact by the provider's own time, else the longest possible.",
      labelNames: ['provider', 'measured'],
      buckets: DETECTION_BUCKETS_S,
      registers,
    }),
  }
}

function workMetrics(registry: Registry) {
  const registers = [registry]
  return {
    submits: new Counter({
      name: 'reelay_submits_total',
      help: 'What came of billable requests. found: the answer was lost and the job was found later.',
      labelNames: ['provider', 'outcome'],
      registers,
    }),
    submitTimes: new Histogram({
      name: 'reelay_submit_seconds',
      help: 'How long billable requests took to be answered.',
      labelNames: ['provider'],
      buckets: ANSWER_BUCKETS_S,
      registers,
    }),
    polls: new Counter({
      name: 'reelay_polls_total',
      help: 'Looks at jobs, by what the provider said; unavailable: it could not be asked, or did not answer.',
      labelNames: ['provider', 'outcome'],
      registers,
    }),
    pollTimes: new Histogram({
      name: 'reelay_poll_seconds',
      help: 'How long looks at jobs took.',
      labelNames: ['provider'],
      buckets: ANSWER_BUCKETS_S,
      registers,
    }),
    archives: new Counter({
      name: 'reelay_archives_total',
      help: 'Tries to bring a finished video here.',
      labelNames: ['provider', 'outcome'],
      registers,
    }),
    archivedBytes: new Counter({
      name: 'reelay_archived_bytes_total',
      help: 'Bytes of the videos that were stored.',
      labelNames: ['provider'],
      registers,
    }),
    archiveTimes: new Histogram({
      name: 'reelay_archive_seconds',
      help: 'How long it took to download, check and store a finished video, without the wait for a turn.',
      labelNames: ['provider'],
      buckets: TRANSFER_BUCKETS_S,
      registers,
    }),
    leasesLost: new Counter({
      name: 'reelay_leases_lost_total',
      help: 'Tasks that another process took over while this one was working on them.',
      registers,
    }),
    fenced: new Counter({
      name: 'reelay_fenced_writes_total',
      help: 'Results that were dropped because the task had been taken over.',
      registers,
    }),
  }
}

function outsideMetrics(registry: Registry) {
  const registers = [registry]
  return {
    callbacks: new Counter({
      name: 'reelay_callbacks_total',
      help: 'Callbacks of providers, by what their signature says and by whether they were kept.',
      labelNames: ['provider', 'verdict', 'outcome'],
      registers,
    }),
    deliveries: new Counter({
      name: 'reelay_deliveries_total',
      help: 'Attempts to send a webhook, by what they led to.',
      labelNames: ['outcome'],
      registers,
    }),
    deliveryTimes: new Histogram({
      name: 'reelay_delivery_seconds',
      help: 'How long one attempt to send a webhook took.',
      buckets: ANSWER_BUCKETS_S,
      registers,
    }),
    deliveryLag: new Histogram({
      name: 'reelay_delivery_lag_seconds',
      help: 'From an event to its arrival at the receiver.',
      buckets: JOB_BUCKETS_S,
      registers,
    }),
  }
}
