import type { Files } from '../files/files.ts'
import type { Observer } from '../observability/observer.ts'
import type { Pacing, Provider } from '../providers/provider.ts'
import type { Store } from '../store/store.ts'
import type { Clock } from '../system/clock.ts'
import type { Ids, Random } from '../system/ids.ts'
import type { Log } from '../system/log.ts'
import type { Retention } from '../task/retention.ts'
import type { Looks } from './looks.ts'
import type { Slots } from './slots.ts'

/** What the archive learns of a video file. */
export type VideoFacts = {
  mime: string
  width: number
  height: number
  durationMs: number
  /** Of the pictures, in one word. */
  codec: string
  /** Of pictures and sound as RFC 6381 writes them; null when one of them is unknown. */
  codecs?: string | null
}

/** Where pictures of a video go: a poster, and a sheet of at most so many frames. */
export type StillsJob = { videoPath: string; posterPath: string; sheetPath: string; sheetFramesMax: number }

export type Stills = {
  width: number
  height: number
  sheet?: { width: number; height: number; frames: number } | undefined
}

/** Looks into files. Probing is pure; posters need the optional media package. */
export interface Inspector {
  /** @throws Error naming what is wrong when the bytes are no whole, playable video. */
  probe(path: string): Promise<VideoFacts>
  /**
   * Writes a JPEG of an early frame and one of frames from all of the video; undefined when none can be made. Never
   * throws for the video's sake.
   */
  poster(job: StillsJob, signal: AbortSignal): Promise<Stills | undefined>
}

/** Points at which tests stop, hold or kill the process. */
export type Checkpoint =
  | 'submit.prepared'
  | 'submit.answered'
  | 'poll.answered'
  | 'archive.opened'
  | 'archive.kept'
  | 'archive.committed'
  | 'deliver.claimed'
  | 'deliver.answered'
  | 'purge.expired'
  | 'purge.ended'

export type EngineContext = {
  store: Store
  files: Files
  /** By account key. */
  providers: ReadonlyMap<string, Provider>
  /** Pacing of an account; a slow default for accounts that are no longer configured. */
  pacingOf: (account: string) => Pick<Pacing, 'perSecond' | 'burst'>
  inspector: Inspector
  clock: Clock
  ids: Ids
  random: Random
  log: Log
  observer: Observer
  /** When to look at jobs, as learned. */
  looks: Looks
  /** Names this process in leases. */
  owner: string
  leaseMs: number
  /** Steps under way at a time, over all accounts. */
  concurrencyMax: number
  /** How many at a time, how many bytes all of them may have on this machine, and one of them. */
  downloads: { slots: Slots; room: Slots; bytesMax: number }
  /** Of projects that have none of their own. */
  retention: Retention
  /** Base of the URLs that providers call back; null: they cannot reach this gateway. */
  callbackBase: () => string | null
  /** A signed link to an input file of a task; null: providers cannot reach this gateway. */
  inputUrl: (link: { taskId: string; index: number; expiresAtMs: number }) => string | null
  checkpoint: (point: Checkpoint, taskId: string) => Promise<void>
}
