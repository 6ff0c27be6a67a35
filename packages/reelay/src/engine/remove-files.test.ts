import assert from 'node:assert/strict'
import { test } from 'node:test'
import { newTask } from '../../test/support/new-task.ts'
import type { Artifact, ArtifactRole } from '../store/store.ts'
import { silentLog, type Log } from '../system/log.ts'
import type { Task } from '../task/task.ts'
import { removeFiles, removeLeftovers, removeOrphans } from './remove-files.ts'

const artifact = (role: ArtifactRole): Artifact & { taskId: string } => ({
  taskId: 'video_1',
  role,
  index: 0,
  storageKey: `videos/video_1/${role}`,
  sha256: '',
  bytes: 1,
  mime: 'video/mp4',
  width: null,
  height: null,
  durationMs: null,
  codec: null,
})

const TASKS: ReadonlyMap<string, Task> = new Map(
  (['queued', 'running', 'completed', 'failed', 'error'] as const).map((state) => [
    state,
    newTask(0, { id: state, state }),
  ]),
)

/** Files and rows that only remember what was removed. */
function subject(remove: (key: string) => Promise<void> = () => Promise.resolve()) {
  const removed: string[] = []
  const folders: string[] = []
  const rows: (readonly ArtifactRole[])[] = []
  const warnings: string[] = []
  const store = {
    artifacts: () => [artifact('input'), artifact('thumbnail'), artifact('video')],
    removableArtifacts: () => Promise.resolve([artifact('input')]),
    loadTask: (id: string) => TASKS.get(id),
    removeArtifacts: (_id: string, roles: readonly ArtifactRole[]) => {
      rows.push(roles)
      return Promise.resolve()
    },
  }
  const files = {
    removeFolder: (folder: string) => {
      folders.push(folder)
      return Promise.resolve()
    },
    remove: (key: string) => {
      removed.push(key)
      return remove(key)
    },
  }
  const log: Log = { ...silentLog, warn: (_fields, message) => warnings.push(message) }
  return { removed, folders, rows, warnings, deps: { store, files, log } }
}

test('a completed task loses its inputs only', async () => {
  const { deps, removed, folders, rows } = subject()
  await removeFiles(deps, { id: 'video_1', state: 'completed', deletedAtMs: null })
  assert.deepEqual([removed, folders, rows], [['videos/video_1/input'], [], [['input']]])
})

test('a task that ended without a video loses whatever its attempts kept', async () => {
  for (const state of ['failed', 'error'] as const) {
    const { deps, folders } = subject()
    await removeFiles(deps, { id: 'video_1', state, deletedAtMs: null })
    assert.deepEqual(folders, ['videos/video_1'], state)
  }
})

test('a deleted task loses everything', async () => {
  const { deps, removed, folders } = subject()
  await removeFiles(deps, { id: 'video_1', state: 'completed', deletedAtMs: 1 })
  assert.deepEqual([removed.length, folders], [3, ['videos/video_1']])
})

test('a file that cannot be removed fails nobody and keeps its row for the next start', async () => {
  const { deps, rows, warnings } = subject(() => Promise.reject(new Error('busy')))
  await removeFiles(deps, { id: 'video_1', state: 'completed', deletedAtMs: null })
  assert.deepEqual([rows.length, warnings.length], [0, 1])
})

test('a start removes what a crash left behind', async () => {
  const { deps, removed, rows } = subject()
  await removeLeftovers(deps, [])
  assert.deepEqual([removed, rows], [['videos/video_1/input'], [['input']]])
})

test('a start goes on when a leftover cannot be removed, or its task cannot be read', async () => {
  const { deps, folders, warnings } = subject(() => Promise.reject(new Error('read-only')))
  const loadTask = async (id: string): Promise<Task | undefined> => {
    if (id === 'broken') throw new Error('an unknown state')
    return deps.store.loadTask(id)
  }
  await removeLeftovers({ ...deps, store: { ...deps.store, loadTask } }, ['broken', 'nobody'])
  assert.deepEqual([folders, warnings.length], [['inputs/nobody'], 2])
})

test('a start removes the inputs of tasks that never came to be or ended, and of no other', async () => {
  const { deps, folders } = subject()
  await removeLeftovers(deps, ['queued', 'nobody', 'running', 'completed', 'failed', 'error'])
  assert.deepEqual(folders, ['inputs/nobody', 'inputs/completed', 'inputs/failed', 'inputs/error'])
})

test('a start removes the outputs of tasks that ended without them or were deleted, and of no other', async () => {
  const { deps, folders, removed } = subject()
  const loadTask = (id: string): Task | undefined =>
    id === 'deleted' ? newTask(0, { id, state: 'completed', deletedAtMs: 1 }) : deps.store.loadTask(id)
  const left = ['queued', 'nobody', 'running', 'completed', 'failed', 'deleted', 'error']
  const { signal } = new AbortController()
  await removeOrphans({ ...deps, store: { loadTask } }, left, signal)
  assert.deepEqual(folders, ['videos/failed', 'videos/deleted', 'videos/error'])
  assert.deepEqual(removed, [])
})

test('what is left of many folders waits for the next start when this process stops', async () => {
  const { deps, folders } = subject()
  const stop = new AbortController()
  const loadTask = (id: string): Task | undefined => {
    stop.abort()
    return deps.store.loadTask(id)
  }
  await removeOrphans({ ...deps, store: { loadTask } }, ['failed', 'error'], stop.signal)
  assert.deepEqual(folders, ['videos/failed'])
})
