import assert from 'node:assert/strict'
import { test } from 'node:test'
import { newTask } from '../../test/support/new-task.ts'
import { silentObserver } from '../observability/observer.ts'
import type { CommitOutcome, Move, Store } from '../store/store.ts'
import { silentLog } from '../system/log.ts'
import type { Attempt, Decision, Task } from '../task/task.ts'
import { accountOf, commitDecision, dueOf } from './commit.ts'
import { durationKeyOf } from './duration-key.ts'

const candidates = ['a', 'b'].map((account) => ({ account, model: `model-${account}` }))
const attempt: Attempt = {
  n: 1,
  account: 'a',
  model: 'model-a',
  state: 'accepted',
  clientToken: 't',
  operation: null,
  startedAtMs: 0,
  answeredAtMs: null,
  endedAtMs: null,
}

/** Commits a decision against a store that only remembers the move. */
async function moveOf(task: Task, decision: Partial<Decision>): Promise<Move> {
  const moves: Move[] = []
  const store: Pick<Store, 'commit' | 'artifacts' | 'removeArtifacts' | 'removableArtifacts'> = {
    commit: (move): Promise<CommitOutcome> => {
      moves.push(move)
      return Promise.resolve({ kind: 'fenced' })
    },
    artifacts: () => [],
    removeArtifacts: () => Promise.resolve(),
    removableArtifacts: () => Promise.resolve([]),
  }
  const files = { remove: () => Promise.resolve(), removeFolder: () => Promise.resolve() }
  const context = { store, files, log: silentLog, observer: silentObserver }
  const claim = { taskId: task.id, owner: 'w', fence: 1, wakeSeq: 0, lookedAtMs: null, hintStep: null, task }
  const whole: Decision = { to: task.state, dueAtMs: 5, patch: {}, events: [], ...decision }
  await commitDecision(context, claim, task, whole)
  return moves[0]!
}

test('a queued task belongs to the account of its candidate, a submitted one to that of its attempt', () => {
  const task = newTask(0, { candidates, candidate: 1, attempt })
  assert.equal(accountOf(task), 'b')
  for (const state of ['submitting', 'unknown', 'running', 'archiving', 'failed'] as const) {
    assert.equal(accountOf({ ...task, state }), 'a', state)
  }
  assert.equal(accountOf(newTask(0, { candidates: [] })), '')
})

test('a fallback schedules the task under the next candidate’s account', async () => {
  const task = newTask(0, { state: 'submitting', candidates, attempt })
  assert.equal((await moveOf(task, { to: 'queued', patch: { candidate: 1 } })).account, 'b')
  assert.equal((await moveOf(task, { to: 'queued' })).account, 'a')
})

test('a submit is made under the candidate’s account, whatever an earlier attempt used', async () => {
  const task = newTask(0, { candidates, candidate: 1, attempt })
  const move = await moveOf(task, { to: 'submitting' })
  assert.deepEqual([move.account, move.from, move.to], ['b', 'queued', 'submitting'])
})

test('a decision that was not committed makes nothing due', () => {
  const decision: Decision = { to: 'queued', dueAtMs: 5, patch: {}, events: [] }
  assert.equal(dueOf(decision, { kind: 'committed', task: newTask(0) }), 5)
  assert.equal(dueOf(decision, { kind: 'committed', task: newTask(0), dueAtMs: 3 }), 3)
  for (const kind of ['fenced', 'no_slot'] as const) assert.equal(dueOf(decision, { kind }), null)
})

test('jobs that take about equally long share a key: account, model, length and resolution', () => {
  const task = newTask(0, { attempt })
  const key = (patch: Partial<Task['request']>) =>
    durationKeyOf({ ...task, request: { ...task.request, ...patch } })
  assert.equal(key({ seconds: '5', resolution: '720p', size: '1280x720' }), 'a|model-a|5|720p')
  assert.equal(key({ seconds: '5', size: '1280x720' }), 'a|model-a|5|1280x720')
  assert.equal(key({}), 'a|model-a||')
})
