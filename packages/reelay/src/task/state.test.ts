import assert from 'node:assert/strict'
import { test } from 'node:test'
import { isTerminal, mayMove, NEXT, TASK_STATES, type TaskState } from './state.ts'

/** The state table of the design, written out a second time: the code must say exactly this. */
const LEGAL: readonly (readonly [TaskState, TaskState])[] = [
  ['queued', 'submitting'],
  ['queued', 'failed'],
  ['queued', 'error'],
  ['submitting', 'running'],
  ['submitting', 'archiving'],
  ['submitting', 'queued'],
  ['submitting', 'failed'],
  ['submitting', 'unknown'],
  ['unknown', 'running'],
  ['unknown', 'archiving'],
  ['unknown', 'queued'],
  ['unknown', 'error'],
  ['running', 'archiving'],
  ['running', 'failed'],
  ['running', 'error'],
  ['archiving', 'completed'],
  ['archiving', 'running'],
  ['archiving', 'failed'],
  ['archiving', 'error'],
]

const reachable = (start: TaskState): Set<TaskState> => {
  const seen = new Set<TaskState>([start])
  for (const state of seen) for (const next of NEXT[state]) seen.add(next)
  return seen
}

test('every pair of states is legal or illegal as the table says', () => {
  for (const from of TASK_STATES) {
    for (const to of TASK_STATES) {
      const legal = from === to || LEGAL.some(([a, b]) => a === from && b === to)
      assert.equal(mayMove(from, to), legal, `${from} to ${to}`)
    }
  }
})

test('the table lists no state as its own successor, and nothing twice', () => {
  for (const from of TASK_STATES) {
    assert.ok(!NEXT[from].includes(from), from)
    assert.equal(new Set(NEXT[from]).size, NEXT[from].length, from)
  }
  assert.equal(Object.values(NEXT).flat().length, LEGAL.length)
})

test('exactly completed, failed and error are terminal', () => {
  assert.deepEqual(TASK_STATES.filter(isTerminal), ['completed', 'failed', 'error'])
})

test('every state is reachable from queued, and an end is reachable from every state', () => {
  assert.deepEqual([...reachable('queued')].toSorted(), TASK_STATES.toSorted())
  for (const state of TASK_STATES) assert.ok([...reachable(state)].some(isTerminal), state)
})
