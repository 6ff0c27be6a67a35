import assert from 'node:assert/strict'
import { test } from 'node:test'
import { TASK_STATES, type TaskState } from './state.ts'
import { TERMINAL_EVENT_TYPES, VIDEO_EVENT_TYPES, videoEventOf, type VideoEvent } from './video-event.ts'
import type { StatusProfile } from './wire-status.ts'

const CHARACTERS = '01j9zvq4x7abcdefghjkmnpqrs'

const task = (state: TaskState): Parameters<typeof videoEventOf>[0] => ({
  id: `video_${CHARACTERS}`,
  state,
  profile: 'comet',
  providerWaits: false,
})

const eventOf = (state: TaskState, profile: StatusProfile = 'comet', providerWaits = false): VideoEvent =>
  videoEventOf({ ...task(state), profile, providerWaits })

test('each status has one event, with an id and a place in the order of its own', () => {
  const expected: readonly [TaskState, string, number][] = [
    ['queued', 'queued', 1],
    ['submitting', 'queued', 1],
    ['unknown', 'queued', 1],
    ['running', 'in_progress', 2],
    ['archiving', 'in_progress', 2],
    ['completed', 'completed', 3],
    ['failed', 'failed', 3],
    ['error', 'error', 3],
  ]
  assert.deepEqual(expected.map(([state]) => state).toSorted(), TASK_STATES.toSorted())
  for (const [state, status, sequence] of expected) {
    assert.deepEqual(eventOf(state), {
      id: `evt_${CHARACTERS}_${status}`,
      type: `video.${status}`,
      sequence,
    })
  }
})

test('a provider that says that the job waits leaves it queued', () => {
  assert.deepEqual(eventOf('running', 'comet', true), eventOf('queued'))
  assert.deepEqual(eventOf('archiving', 'comet', true), eventOf('archiving'))
})

test('the openai profile never sees error: it is the event of failed', () => {
  assert.deepEqual(eventOf('error', 'openai'), eventOf('failed', 'openai'))
  assert.equal(eventOf('error', 'openai').type, 'video.failed')
  const types = TASK_STATES.map((state) => eventOf(state, 'openai').type)
  assert.equal(types.includes('video.error'), false)
  for (const state of TASK_STATES.filter((name) => name !== 'error'))
    assert.deepEqual(eventOf(state, 'openai'), eventOf(state))
})

test('ids have no dots, are the same when they are made again, and differ between tasks', () => {
  const ids = TASK_STATES.map((state) => eventOf(state).id)
  for (const id of ids) assert.match(id, /^evt_[0-9a-z]{26}_[a-z_]+$/)
  assert.equal(new Set(ids).size, 5)
  assert.deepEqual(
    TASK_STATES.map((state) => eventOf(state).id),
    ids,
  )
  const other = videoEventOf({ ...task('queued'), id: 'video_01j9zvq4x7abcdefghjkmnpqrt' })
  assert.notEqual(other.id, eventOf('queued').id)
})

test('the lists name every event once, and the terminal ones are those that come last', () => {
  const types = new Set(TASK_STATES.map((state) => eventOf(state).type))
  assert.deepEqual([...types].toSorted(), VIDEO_EVENT_TYPES.toSorted())
  const last = TASK_STATES.filter((state) => eventOf(state).sequence === 3).map(
    (state) => eventOf(state).type,
  )
  assert.deepEqual(last.toSorted(), TERMINAL_EVENT_TYPES.toSorted())
})
