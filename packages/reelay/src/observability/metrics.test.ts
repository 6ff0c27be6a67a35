import assert from 'node:assert/strict'
import { test, type TestContext } from 'node:test'
import { newTask } from '../../test/support/new-task.ts'
import { Figures } from '../../test/metrics/figures.ts'
import type { ScheduledCount } from '../store/store.ts'
import { silentLog } from '../system/log.ts'
import { TestClock } from '../system/test-clock.ts'
import type { Attempt, DurationSample } from '../task/task.ts'
import { createMetrics } from './metrics.ts'

const LAP = { startedAtMs: 0, durationMs: 40 }
const attempt: Attempt = {
  n: 1,
  account: 'fal:eu',
  model: 'm',
  state: 'accepted',
  clientToken: 't',
  operation: null,
  startedAtMs: 0,
  answeredAtMs: null,
  endedAtMs: null,
}

function subject(t: TestContext) {
  const clock = new TestClock()
  const asked = { counts: 0 }
  const stored: { counts: ScheduledCount[]; pausedUntilMs: number | null; failure: Error | null } = {
    counts: [],
    pausedUntilMs: null,
    failure: null,
  }
  const store = {
    countScheduled: async () => {
      asked.counts += 1
      if (stored.failure !== null) throw stored.failure
      return stored.counts
    },
    pausedUntilMs: () => stored.pausedUntilMs,
  }
  const accounts = ['fal:eu', 'fal:us', 'kling']
  const metrics = createMetrics({ store, clock, log: silentLog, accounts, version: '9.9.9', role: 'worker' })
  t.after(() => metrics.stop())
  return { clock, stored, asked, metrics, scrape: async () => new Figures(await metrics.render()) }
}

test('accounts of one provider are one label, and those that are not set up are none of their own', async (t) => {
  const { metrics, stored, scrape } = subject(t)
  for (const account of [
    'fal:eu',
    'fal:us',
    'kling',
    ...Array.from({ length: 500 }, (_, index) => `old-${index}`),
  ]) {
    metrics.observer.looked({ task: newTask(0), account, outcome: 'running', isNews: false, lap: LAP })
    stored.counts.push({ account, state: 'running', count: 2, oldestDueAtMs: 0 })
  }
  const figures = await scrape()
  assert.deepEqual(figures.valuesOf('provider'), ['fal', 'kling', 'other'])
  assert.equal(figures.get('reelay_polls_total', { provider: 'fal', outcome: 'running' }), 2)
  assert.equal(figures.get('reelay_tasks', { provider: 'fal', state: 'running' }), 4)
  assert.equal(figures.get('reelay_tasks', { provider: 'other', state: 'running' }), 1_000)
  assert.deepEqual(figures.valuesOf('account'), ['fal:eu', 'fal:us', 'kling'])
})

test('the database is asked once in five seconds, however many scrape', async (t) => {
  const { clock, stored, asked, scrape } = subject(t)
  stored.counts = [{ account: 'kling', state: 'queued', count: 7, oldestDueAtMs: clock.nowMs() - 9_000 }]
  const [figures] = await Promise.all([scrape(), scrape(), scrape()])
  assert.equal(figures.get('reelay_tasks', { provider: 'kling', state: 'queued' }), 7)
  assert.equal(figures.get('reelay_tasks_overdue_seconds', { provider: 'kling' }), 9)
  clock.advance(4_999)
  stored.counts = []
  assert.equal((await scrape()).get('reelay_tasks', { provider: 'kling' }), 7)
  assert.equal(asked.counts, 1)
  clock.advance(1)
  stored.pausedUntilMs = clock.nowMs() + 1
  const later = await scrape()
  assert.equal(later.get('reelay_tasks', { provider: 'kling' }), undefined, 'what is gone is not shown')
  assert.equal(later.get('reelay_account_paused', { account: 'kling' }), 1)
  assert.equal(asked.counts, 2)
})

test('a database that is away takes its own figures with it, and no others', async (t) => {
  const { metrics, stored, scrape } = subject(t)
  stored.failure = new Error('gone')
  metrics.observer.leaseLost()
  const figures = await scrape()
  assert.equal(figures.get('reelay_leases_lost_total'), 1)
  assert.equal(figures.get('reelay_account_paused', { account: 'kling' }), undefined)
})

test("the delay of seeing an end: exact by the provider's time, else the longest that it can be", async (t) => {
  const { metrics, scrape } = subject(t)
  const before = newTask(0, { state: 'running', attempt })
  const seen = (duration: DurationSample): void =>
    metrics.observer.moved({
      before,
      decision: { to: 'archiving', dueAtMs: 0, patch: {}, events: [], duration },
      account: 'fal:eu',
      outcome: { kind: 'committed', task: { ...before, state: 'archiving' } },
    })
  seen({ lowerMs: 50_000, upperMs: 60_000, exactMs: 58_500 })
  seen({ lowerMs: 50_000, upperMs: 60_000, exactMs: null })
  const figures = await scrape()
  const sum = (measured: string) =>
    figures.get('reelay_detection_delay_seconds_sum', { provider: 'fal', measured })
  assert.deepEqual([sum('exact'), sum('bound')], [1.5, 10])
})

test('a write that was fenced off counts as that, and ends no task', async (t) => {
  const { metrics, scrape } = subject(t)
  const before = newTask(0, { state: 'running', attempt })
  const decision = { to: 'failed' as const, dueAtMs: null, patch: {}, events: [] }
  metrics.observer.moved({ before, decision, account: 'fal:eu', outcome: { kind: 'fenced' } })
  const figures = await scrape()
  assert.equal(figures.get('reelay_fenced_writes_total'), 1)
  assert.deepEqual(figures.valuesOf('code'), [])
})

test('times of requests are a histogram, whatever statuses and methods come', async (t) => {
  const { metrics, scrape } = subject(t)
  const request = { method: 'GET', route: '/v1/videos', status: 200 }
  for (const durationMs of [0.5, 3, 3, 40_000]) metrics.observer.answered({ ...request, durationMs })
  for (let status = 0; status < 5_000; status += 1)
    metrics.observer.answered({ method: `M${status}`, route: null, status, durationMs: 1 })
  const figures = await scrape()
  const bucket = (le: string) =>
    figures.get('reelay_http_request_seconds_bucket', { route: '/v1/videos', le })
  assert.deepEqual(['0.001', '0.005', '30', '+Inf'].map(bucket), [1, 3, 3, 4])
  const sum = figures.get('reelay_http_request_seconds_sum', { route: '/v1/videos' }) ?? 0
  assert.ok(Math.abs(sum - 40.0065) < 1e-9)
  assert.deepEqual(figures.valuesOf('method'), ['GET', 'other'])
  const series = figures.all.filter(({ name }) => name === 'reelay_http_request_seconds_count')
  assert.equal(series.length, 1_000)
  const types = (await metrics.render()).split('\n').filter((line) => line.includes('TYPE reelay_http'))
  assert.deepEqual(types, ['# TYPE reelay_http_request_seconds histogram'])
})
