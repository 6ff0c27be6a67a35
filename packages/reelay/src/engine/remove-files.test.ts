import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Files } from '../files/files.ts'
import type { Artifact, ArtifactRole, Store } from '../store/store.ts'
import { silentLog, type Log } from '../system/log.ts'
import { removeFiles, removeLeftovers } from './remove-files.ts'

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

/** Files and rows that only remember what was removed. */
function subject(remove: (key: string) => Promise<void> = () => Promise.resolve()) {
  const removed: string[] = []
  const rows: (readonly ArtifactRole[])[] = []
  const warnings: string[] = []
  const store = {
    artifacts: () => [artifact('input'), artifact('thumbnail'), artifact('video')],
    removableArtifacts: () => Promise.resolve([artifact('input')]),
    removeArtifacts: (_id: string, roles: readonly ArtifactRole[]) => {
      rows.push(roles)
      return Promise.resolve()
    },
  } as unknown as Store
  const files = {
    remove: (key: string) => {
      removed.push(key)
      return remove(key)
    },
  } as unknown as Files
  const log: Log = { ...silentLog, warn: (_fields, message) => warnings.push(message) }
  return { removed, rows, warnings, deps: { store, files, log } }
}

test('the end of a task removes its inputs only', async () => {
  const { deps, removed, rows } = subject()
  await removeFiles(deps, { id: 'video_1', deletedAtMs: null })
  assert.deepEqual(removed, ['videos/video_1/input'])
  assert.deepEqual(rows, [['input']])
})

test('a deleted task loses everything', async () => {
  const { deps, removed } = subject()
  await removeFiles(deps, { id: 'video_1', deletedAtMs: 1 })
  assert.equal(removed.length, 3)
})

test('a file that cannot be removed fails nobody and keeps its row for the next start', async () => {
  const { deps, rows, warnings } = subject(() => Promise.reject(new Error('busy')))
  await removeFiles(deps, { id: 'video_1', deletedAtMs: null })
  assert.deepEqual([rows.length, warnings.length], [0, 1])
})

test('a start removes what a crash left behind', async () => {
  const { deps, removed, rows } = subject()
  await removeLeftovers(deps)
  assert.deepEqual([removed, rows], [['videos/video_1/input'], [['input']]])
})
