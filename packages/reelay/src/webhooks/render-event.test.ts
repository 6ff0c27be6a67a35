import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Video } from '@reelay/sdk'
import { newTask } from '../../test/support/new-task.ts'
import type { Delivery, WebhookPayload } from '../store/webhook-store.ts'
import type { Task } from '../task/task.ts'
import { snapshotOf, videoEventOf } from '../task/video-event.ts'
import { wireStatus } from '../task/wire-status.ts'
import { renderEvent } from './render-event.ts'

const EVENT_MS = 1_790_000_000_789

/** What the HTTP layer would answer, in short: what matters here is which task it is asked about. */
const viewVideo = (task: Task): Video => ({
  id: task.id,
  task_id: task.id,
  object: 'video',
  model: task.request.model,
  status: wireStatus(task.state, task.providerWaits, task.profile),
  progress: task.state === 'completed' ? 100 : task.progress,
  created_at: Math.floor(task.createdAtMs / 1_000),
  completed_at: task.completedAtMs,
  expires_at: null,
  prompt: task.request.prompt,
  size: null,
  seconds: null,
  remixed_from_video_id: null,
  error: task.error,
  ...(task.state === 'completed' ? { video_url: 'https://reelay.test/content?sig=1' } : {}),
})

function deliveryOf(task: Task): Delivery {
  const event = videoEventOf(task)
  return {
    id: 'dlv_1',
    projectId: task.projectId,
    taskId: task.id,
    endpointId: 'ep_1',
    eventId: event.id,
    type: event.type,
    sequence: event.sequence,
    url: 'https://receiver.test/hook',
    state: 'pending',
    attempts: 0,
    step: 0,
    dueAtMs: EVENT_MS,
    createdAtMs: EVENT_MS,
    endedAtMs: null,
    snapshot: snapshotOf(task),
  }
}

const render = async (
  delivery: Delivery,
  task: Task | null,
  payload: WebhookPayload = 'full',
): Promise<unknown> => JSON.parse(await renderEvent(delivery, task, { payload, viewVideo }))

const completed = (patch: Partial<Task> = {}): Task =>
  newTask(EVENT_MS - 60_000, { state: 'completed', progress: 100, completedAtMs: EVENT_MS, ...patch })

const FAILURE = {
  code: 'deadline_exceeded',
  message: 'Too late.',
  type: 'gateway_error',
  param: null,
} as const

test('full: the envelope, the link, and the whole video', async () => {
  const task = completed()
  const delivery = deliveryOf(task)
  assert.deepEqual(await render(delivery, task), {
    id: delivery.eventId,
    object: 'event',
    created_at: 1_790_000_000,
    timestamp: '2026-09-21T14:13:20.789Z',
    type: 'video.completed',
    sequence: 3,
    task_id: task.id,
    status: 'completed',
    progress: 100,
    result: { video_url: 'https://reelay.test/content?sig=1' },
    error: null,
    data: viewVideo(task),
  })
})

test('thin: what happened to which task, and nothing that a log should not have', async () => {
  const task = completed()
  const delivery = deliveryOf(task)
  assert.deepEqual(await render(delivery, task, 'thin'), {
    id: delivery.eventId,
    object: 'event',
    created_at: 1_790_000_000,
    timestamp: '2026-09-21T14:13:20.789Z',
    type: 'video.completed',
    sequence: 3,
    task_id: task.id,
    status: 'completed',
    progress: 100,
    data: { id: task.id },
  })
})

test('a failure has its error and no result', async () => {
  const task = newTask(EVENT_MS, { state: 'error', progress: 40, completedAtMs: EVENT_MS, error: FAILURE })
  const expected = { type: 'video.error', status: 'error', progress: 40, result: null, error: FAILURE }
  assert.partialDeepStrictEqual(await render(deliveryOf(task), task), expected)
})

test('the openai profile sees the error of the gateway as a failure, in the type and in the status', async () => {
  const task = newTask(EVENT_MS, { state: 'error', profile: 'openai', error: FAILURE })
  const body = await render(deliveryOf(task), task)
  assert.partialDeepStrictEqual(body, { type: 'video.failed', status: 'failed', data: { status: 'failed' } })
})

test('an event of the way there, sent late, shows the task as it was then', async () => {
  const then = newTask(EVENT_MS - 60_000, { state: 'running', progress: 30 })
  const delivery = deliveryOf(then)
  const ends: readonly Task[] = [
    { ...then, state: 'completed', progress: 100, completedAtMs: EVENT_MS },
    { ...then, state: 'failed', progress: 70, completedAtMs: EVENT_MS, error: FAILURE },
    { ...then, state: 'running', progress: 60, providerWaits: true },
  ]
  for (const now of ends) {
    assert.partialDeepStrictEqual(await render(delivery, now), {
      type: 'video.in_progress',
      status: 'in_progress',
      progress: 30,
      sequence: 2,
      result: null,
      error: null,
      data: { status: 'in_progress', progress: 30, completed_at: null, error: null },
    })
  }
  const queued = deliveryOf({ ...then, state: 'queued', progress: 0 })
  assert.partialDeepStrictEqual(await render(queued, ends[0]!), {
    status: 'queued',
    progress: 0,
    result: null,
  })
})

test('the last event shows the task as it is: only its link is newer', async () => {
  const task = completed()
  const later = { ...task, warnings: ['poster_missing'] }
  assert.deepEqual(await render(deliveryOf(task), later), await render(deliveryOf(later), later))
})

test('a deleted video keeps its event, without a link', async () => {
  const task = completed({ deletedAtMs: EVENT_MS + 1 })
  const body = (await render(deliveryOf(task), task)) as { data: object }
  assert.partialDeepStrictEqual(body, { status: 'completed', result: null })
  assert.equal('video_url' in body.data, false)
})

test('a test event belongs to no task, whatever the endpoint wants', async () => {
  const task = completed()
  const delivery: Delivery = {
    ...deliveryOf(task),
    eventId: 'evt_test',
    taskId: null,
    type: 'webhook.test',
    sequence: 0,
    snapshot: null,
  }
  const body = (await render(delivery, null)) as { data: { message: string } }
  const { message } = body.data
  assert.match(message, /test/)
  assert.deepEqual(body, {
    id: 'evt_test',
    object: 'event',
    created_at: 1_790_000_000,
    timestamp: '2026-09-21T14:13:20.789Z',
    type: 'webhook.test',
    sequence: 0,
    task_id: null,
    status: null,
    progress: null,
    result: null,
    error: null,
    data: { message },
  })
  assert.partialDeepStrictEqual(await render(delivery, null, 'thin'), { result: null, data: { message } })
})
