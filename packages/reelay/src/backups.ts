import { existsSync } from 'node:fs'
import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import type { BackupOutcome } from './http/deps.ts'
import { StoreUnavailable, type Store } from './store/store.ts'
import { BackupUnsupported, NoRoomForBackup } from './store/upkeep.ts'
import type { Clock } from './system/clock.ts'

export type BackupParts = {
  store: Pick<Store, 'upkeep'>
  /** Where copies are kept. */
  directory: string
  clock: Clock
  stopping: AbortSignal
}

/**
 * Makes copies of the database while it is used, one at a time.
 * @param name of the file; made from the time when absent
 */
export function createBackups(parts: BackupParts): (name: string | null) => Promise<BackupOutcome> {
  const { store, directory, clock, stopping } = parts
  let isRunning = false
  return async (name) => {
    if (isRunning) return { kind: 'running' }
    isRunning = true
    try {
      const startedAtMs = clock.nowMs()
      const path = join(directory, name ?? nameAt(startedAtMs))
      if (existsSync(path)) return { kind: 'exists', path }
      await mkdir(directory, { recursive: true, mode: 0o700 })
      const bytes = await store.upkeep.backup(path, stopping)
      return { kind: 'made', path, bytes, startedAtMs, tookMs: clock.nowMs() - startedAtMs }
    } catch (error) {
      if (error instanceof BackupUnsupported) return { kind: 'unsupported', reason: error.message }
      if (error instanceof NoRoomForBackup) return { kind: 'no_room', directory }
      throw stopping.aborted ? new StoreUnavailable('the gateway is stopping', { cause: error }) : error
    } finally {
      isRunning = false
    }
  }
}

/** Sorts by time, and is a name on every system. */
const nameAt = (nowMs: number): string =>
  `reelay-${new Date(nowMs).toISOString().replaceAll(/[-:]/g, '').replace('.', '')}.db`
