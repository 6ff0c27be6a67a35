import { hostname } from 'node:os'
import type { Role } from './config.ts'
import type { Deliverer } from './engine/deliverer.ts'
import type { Engine } from './engine/engine.ts'
import type { FileSweeper } from './engine/file-sweeper.ts'
import { Heartbeat } from './engine/heartbeat.ts'
import type { Purger } from './engine/purger.ts'
import { removeLeftovers, removeOrphans, type LeftFolders } from './engine/remove-files.ts'
import type { Files } from './files/files.ts'
import type { Store } from './store/store.ts'
import type { Clock } from './system/clock.ts'
import type { Log } from './system/log.ts'
import { VERSION } from './version.ts'

const STOP_GRACE_MS = 8_000
/** A delivery that is cut off is only sent again: it need not be waited for as long as a submit. */
const DELIVERY_GRACE_MS = 3_000

export type WorkParts = {
  store: Store
  files: Files
  clock: Clock
  log: Log
  /** Names this process in leases, and to others on the database. */
  owner: string
  role: Role
  leftFolders: LeftFolders
}

export type Loops = { engine: Engine; deliverer: Deliverer; sweeper: FileSweeper | undefined; purger: Purger }

/** What a process does beside answering requests. */
export interface Work {
  start(): Promise<void>
  /** Within ten seconds: what was begun goes on at the next start, or in another process. */
  stop(): Promise<void>
}

/** Only the heartbeat in a process that is there for requests. */
export function createWork(parts: WorkParts, { engine, deliverer, sweeper, purger }: Loops): Work {
  const { store, files, clock, log, owner, role, leftFolders } = parts
  const startedAtMs = clock.nowMs()
  const instance = { id: owner, version: VERSION, role, host: hostname(), startedAtMs }
  const heartbeat = new Heartbeat({ store, clock, log, instance })
  const works = role !== 'api'
  let isStarted = false
  const stopping = new AbortController()
  let removal: Promise<void> = Promise.resolve()
  return {
    start: async () => {
      isStarted = true
      await store.clearLeases()
      heartbeat.start()
      if (!works) return
      await removeLeftovers({ store, files, log }, leftFolders.inputs)
      removal = removeOrphans({ store, files, log }, leftFolders.outputs, stopping.signal)
      await engine.start()
      deliverer.start()
      sweeper?.start()
      purger.start()
    },
    stop: async () => {
      if (!isStarted) return
      stopping.abort()
      const stops = works
        ? [engine.stop(STOP_GRACE_MS), deliverer.stop(DELIVERY_GRACE_MS), sweeper?.stop(), purger.stop()]
        : []
      await Promise.all([...stops, removal, heartbeat.stop()])
    },
  }
}
