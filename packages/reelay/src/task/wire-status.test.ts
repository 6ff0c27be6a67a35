import assert from 'node:assert/strict'
import { test } from 'node:test'
import { TASK_STATES, type TaskState } from './state.ts'
import { statesOf, wireStatus, type StatusProfile, type WireStatus } from './wire-status.ts'

const STATUSES: readonly WireStatus[] = ['queued', 'in_progress', 'completed', 'failed', 'error']
const PROFILES: readonly StatusProfile[] = ['comet', 'openai']

const EXPECTED: Readonly<Record<TaskState, readonly [waits: WireStatus, works: WireStatus]>> = {
  queued: ['queued', 'queued'],
  submitting: ['queued', 'queued'],
  unknown: ['queued', 'queued'],
  running: ['queued', 'in_progress'],
  archiving: ['in_progress', 'in_progress'],
  completed: ['completed', 'completed'],
  failed: ['failed', 'failed'],
  error: ['error', 'error'],
}

test('every state has the wire status of the table; only the openai profile folds error into failed', () => {
  for (const state of TASK_STATES) {
    for (const [index, providerWaits] of [true, false].entries()) {
      const comet = EXPECTED[state][index]!
      assert.equal(wireStatus(state, providerWaits, 'comet'), comet, `${state} ${providerWaits}`)
      assert.equal(wireStatus(state, providerWaits, 'openai'), comet === 'error' ? 'failed' : comet)
    }
  }
})

/** How a `status` filter narrows running tasks: waiting ones are `queued` to clients, the others `in_progress`. */
function matches(status: WireStatus, state: TaskState, providerWaits: boolean, profile: StatusProfile) {
  if (statesOf(status, profile).includes(state)) return true
  if (state !== 'running') return false
  return (status === 'queued' && providerWaits) || (status === 'in_progress' && !providerWaits)
}

test('a status filter finds exactly the tasks that show that status', () => {
  for (const profile of PROFILES) {
    for (const state of TASK_STATES) {
      for (const providerWaits of [true, false]) {
        const found = STATUSES.filter((status) => matches(status, state, providerWaits, profile))
        assert.deepEqual(found, [wireStatus(state, providerWaits, profile)], `${profile} ${state}`)
      }
    }
  }
})

test('nothing shows error to the openai profile, so its filter means no state', () => {
  assert.deepEqual(statesOf('error', 'openai'), [])
  assert.deepEqual(statesOf('failed', 'openai'), ['failed', 'error'])
})
