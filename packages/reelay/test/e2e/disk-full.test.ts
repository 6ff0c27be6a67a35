import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { createHash } from 'node:crypto'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { clipBytes } from '@reelay/simulator'
import { z } from 'zod'
import { mountObstacle, OWN_MOUNTS } from '../support/small-disk.ts'

const run = promisify(execFile)
const MAIN = fileURLToPath(new URL('./disk-full-main.ts', import.meta.url))
const video = z.object({ status: z.string(), error: z.unknown() })
const reportSchema = z.object({
  blocksFree: z.number(),
  whilePaused: video,
  contentStatus: z.number(),
  stateAfterCheck: z.string(),
  end: video.extend({ video_url: z.url() }),
  sha256: z.string(),
  faults: z.array(z.looseObject({ kind: z.string() })),
  creates: z.number(),
})

test('a full disk pauses the archive and ends no task', { timeout: 30_000 }, async (t) => {
  const directory = await mkdtemp(join(tmpdir(), 'reelay-disk-'))
  t.after(() => rm(directory, { recursive: true, force: true }))
  const reason = await mountObstacle(directory)
  if (reason !== false) return t.skip(reason)
  const node = [process.execPath, '--disable-warning=ExperimentalWarning', MAIN, directory]
  const { stdout } = await run('unshare', [...OWN_MOUNTS, ...node], { timeout: 25_000 })
  const report = reportSchema.parse(JSON.parse(stdout))
  assert.equal(report.blocksFree, 0)
  assert.deepEqual([report.whilePaused.status, report.whilePaused.error], ['in_progress', null])
  assert.equal(report.contentStatus, 404)
  assert.equal(report.stateAfterCheck, 'archiving')
  assert.deepEqual([report.end.status, report.end.error], ['completed', null])
  assert.equal(report.sha256, createHash('sha256').update(clipBytes('mp4')).digest('hex'))
  // One line of the timeline, however long it lasts.
  assert.deepEqual(
    report.faults.map(({ kind }) => kind),
    ['storage_full'],
  )
  assert.equal(report.creates, 1)
})
