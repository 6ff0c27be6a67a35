import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { TimelineEntry, WebhookDelivery } from '@reelay/sdk'
import { layoutTimeline, type TimelineLayout } from './timeline-layout.ts'

const START = 1_795_857_615

const entriesOf = (...lines: [at: number, type: string, data?: Record<string, unknown>][]): TimelineEntry[] =>
  lines.map(([at, type, data = {}], index) => ({ seq: index + 1, at: START + at, type, data }))

const MADE = entriesOf(
  [0, 'task.created'],
  [1, 'submit.started', { attempt: 1 }],
  [1, 'task.state', { from: 'queued', to: 'submitting' }],
  [2, 'submit.accepted'],
  [2, 'task.state', { from: 'submitting', to: 'running' }],
  [4, 'poll.progress', { progress: 50, waiting: false }],
  [6, 'callback.received'],
  [8, 'task.state', { from: 'running', to: 'archiving' }],
  [9, 'archive.stored', { bytes: 1_000 }],
  [10, 'task.state', { from: 'archiving', to: 'completed' }],
)

const pending: WebhookDelivery = {
  id: 'dlv_1',
  object: 'webhook_delivery',
  event_id: 'evt_1',
  type: 'video.completed',
  sequence: 3,
  video: 'video_1',
  endpoint: null,
  url: 'https://app.example/hooks',
  status: 'pending',
  attempts: 2,
  next_attempt_at: START + 600,
  created_at: START + 10,
  ended_at: null,
}

function laidOut(
  entries: readonly TimelineEntry[],
  deliveries: readonly WebhookDelivery[] = [],
  now = 500,
): TimelineLayout {
  const layout = layoutTimeline({ entries, deliveries, now: START + now })
  assert.ok(layout !== undefined)
  return layout
}

const laneOf = (layout: TimelineLayout, label: string) => layout.lanes.find((lane) => lane.label === label)

test('states follow one another without a gap, and the ending is a mark', () => {
  const lane = laneOf(laidOut(MADE), 'State')!
  assert.deepEqual(
    lane.spans.map(({ label, tone }) => [label, tone]),
    [
      ['queued', 'waiting'],
      ['submitting', 'waiting'],
      ['running', 'busy'],
      ['archiving', 'accent'],
    ],
  )
  for (const [index, { left, width }] of lane.spans.slice(0, -1).entries())
    assert.ok(Math.abs(left + width - lane.spans[index + 1]!.left) < 1e-9)
  assert.deepEqual(
    lane.marks.map(({ label, tone }) => [label, tone]),
    [['completed', 'good']],
  )
})

test('every kind has its lane, and lanes without anything are not drawn', () => {
  assert.deepEqual(
    laidOut(MADE).lanes.map(({ label, marks }) => [label, marks.length]),
    [
      ['State', 1],
      ['Submission', 2],
      ['Looks', 1],
      ['Callbacks', 1],
      ['Archive', 1],
    ],
  )
})

test('webhooks that are tried for days do not squeeze the making together', () => {
  const delivered = entriesOf([90_000, 'webhook.delivered'])[0]!
  const layout = laidOut([...MADE, { ...delivered, seq: 11 }], [pending], 90_000)
  assert.ok(layout.seconds < 11)
  const lane = laneOf(layout, 'Webhooks')!
  assert.deepEqual(
    lane.marks.map(({ left, tone }) => [left, tone]),
    [[100, 'good']],
  )
  const [span] = lane.spans
  assert.ok(span !== undefined && span.left >= 94 && span.left + span.width <= 100)
  assert.match(span.label, /https:\/\/app\.example\/hooks: pending/)
})

test('what is under way ends now', () => {
  const layout = laidOut(MADE.slice(0, 6), [], 20)
  const running = laneOf(layout, 'State')!.spans.at(-1)!
  assert.equal(running.label, 'running')
  assert.ok(Math.abs(layout.seconds - 21.2) < 1e-6)
  assert.ok(Math.abs(running.left + running.width - (20 / 21.2) * 100) < 1e-6)
})

test('places stay within the picture, and ticks are round and few', () => {
  for (const now of [0, 0.01, 3, 77, 4_000, 600_000]) {
    const layout = laidOut(MADE.slice(0, 4), [], now)
    for (const { spans, marks } of layout.lanes) {
      for (const { left } of [...spans, ...marks]) assert.ok(left >= 0 && left <= 100)
    }
    assert.ok(layout.ticks.length >= 2 && layout.ticks.length <= 7, `${now}: ${layout.ticks.length}`)
    assert.equal(layout.ticks[0]!.seconds, 0)
  }
})

test('what went wrong has the colour of it', () => {
  const entries = entriesOf(
    [0, 'task.created'],
    [1, 'poll.faulted', { detail: 'HTTP 503' }],
    [2, 'submit.rejected'],
  )
  const layout = laidOut(entries)
  assert.deepEqual(
    laneOf(layout, 'Looks')!.marks.map(({ tone }) => tone),
    ['bad'],
  )
  assert.deepEqual(
    laneOf(layout, 'Submission')!.marks.map(({ tone }) => tone),
    ['bad'],
  )
})

test('there is no picture of nothing', () => {
  assert.equal(layoutTimeline({ entries: [], deliveries: [], now: START }), undefined)
})
