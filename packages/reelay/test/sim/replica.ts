import type { Checkpoint, EngineContext, Inspector } from '../../src/engine/context.ts'
import { Deliverer } from '../../src/engine/deliverer.ts'
import { Engine } from '../../src/engine/engine.ts'
import { Looks } from '../../src/engine/looks.ts'
import { removeLeftovers, removeOrphans } from '../../src/engine/remove-files.ts'
import { Slots } from '../../src/engine/slots.ts'
import { INPUTS, OUTPUTS } from '../../src/files/storage-key.ts'
import { videoObject } from '../../src/http/video-object.ts'
import type { GuardedClient } from '../../src/net/guarded-fetch.ts'
import { silentObserver } from '../../src/observability/observer.ts'
import type { Provider } from '../../src/providers/provider.ts'
import type { Store } from '../../src/store/store.ts'
import type { Ids, Random } from '../../src/system/ids.ts'
import { silentLog } from '../../src/system/log.ts'
import type { Vault } from '../../src/system/vault.ts'
import { parseRetrySchedule } from '../../src/webhooks/retry-schedule.ts'
import { atOnce } from '../support/at-once.ts'
import { Gate } from './gate.ts'
import { CALLBACK_BASE, callHook } from './hook-call.ts'
import { SimFiles, type SimDisk } from './sim-files.ts'
import { isVideo, SimProvider, TRAITS, type Line } from './sim-provider.ts'
import type { SimTime } from './sim-time.ts'
import { storeHandle, type StoreLine } from './store-handle.ts'

export const LEASE_MS = 30_000
export const DELIVERY_LEASE_MS = 60_000
const LINK_TTL_MS = 24 * 3_600_000
const BYTES_MAX = 1_000_000
const SLOTS = 2
const SCHEDULE = parseRetrySchedule('0s,5s,5m,30m,2h') ?? []
/** How often one delivery is tried at most, when nothing is lost. */
export const DELIVERY_STEPS: number = SCHEDULE.length
const LINK_KEYS: readonly Uint8Array[] = [new Uint8Array(32).fill(9)]

/** Accounts of the simulated provider. The second can neither cancel nor look up, and never calls back. */
export const ACCOUNTS = ['one', 'two'] as const
export type Account = (typeof ACCOUNTS)[number]

/** Writes that tell what came of something. */
const OUTCOMES: ReadonlySet<string> = new Set(['commit', 'webhooks.commitDelivery', 'recordLateAnswer'])

/** Where a process is frozen or killed: at one of the engine's own points, or around the write of an outcome. */
export type TrapPoint = Checkpoint | 'write.before' | 'write.after'
export type Trap = { point: TrapPoint; act: 'kill' | 'freeze' }

/** What all processes of a world share. */
export type Surroundings = {
  time: SimTime
  base: () => Store
  disk: SimDisk
  ids: Ids
  random: Random
  vault: Vault
  receivers: GuardedClient
  accounts: readonly Account[]
  /** The only process on its database and its disk. */
  isAlone: boolean
  line: Omit<Line, 'account' | 'clock' | 'gate'>
  storeLine: Omit<StoreLine, 'gate' | 'writing'>
  /** It may have held leases. */
  died: () => void
  sprung: (replica: Replica, trap: Trap) => void
}

/** One simulated process: the shipped engine and deliverer, cut off from everything real. */
export class Replica {
  readonly gate: Gate = new Gate()
  readonly owner: string
  readonly store: Store
  readonly #world: Surroundings
  readonly #files: SimFiles
  readonly #providers: ReadonlyMap<string, Provider>
  readonly #engine: Engine
  readonly #deliverer: Deliverer
  trap: Trap | undefined

  constructor(world: Surroundings, owner: string) {
    this.#world = world
    this.owner = owner
    const { gate } = this
    gate.atDeath(() => {
      world.time.forget(gate)
      world.died()
    })
    const writing: StoreLine['writing'] = (when, verb) => {
      if (OUTCOMES.has(verb)) this.#spring(`write.${when}`)
    }
    this.store = storeHandle(world.base, { ...world.storeLine, gate, writing })
    this.#files = new SimFiles(world.disk, gate)
    const clock = world.time.clockOf('engine', gate)
    this.#providers = new Map(
      world.accounts.map((account) => {
        const line = { ...world.line, account, gate, clock: world.time.world }
        return [account, new SimProvider(line, account === 'two')] as const
      }),
    )
    const context = this.#context(clock)
    this.#engine = new Engine(context)
    this.#deliverer = new Deliverer({
      ...context,
      clock: world.time.clockOf('deliverer', gate),
      leaseMs: DELIVERY_LEASE_MS,
      vault: world.vault,
      guarded: { open: (request) => gate.through(world.receivers.open(request)) },
      schedule: SCHEDULE,
      userAgent: 'reelay/sim',
      viewVideo: (task) =>
        videoObject(task, task.state === 'completed' ? atOnce(this.store.artifacts(task.id)) : [], {
          profile: task.profile,
          publicUrl: CALLBACK_BASE,
          linkKeys: LINK_KEYS,
          linkTtlMs: LINK_TTL_MS,
          nowMs: clock.nowMs(),
        }),
    })
  }

  #context(clock: EngineContext['clock']): EngineContext {
    const { disk, ids, random } = this.#world
    const inspector: Inspector = {
      probe: (path) =>
        this.gate.through(
          (async () => {
            if (!isVideo(disk.staged.get(path))) throw new Error('no video')
            return { mime: 'video/mp4', width: 320, height: 180, durationMs: 1_000, codec: 'avc' }
          })(),
        ),
      poster: async () => undefined,
    }
    return {
      store: this.store,
      files: this.#files,
      providers: this.#providers,
      pacingOf: () => TRAITS.pacing,
      inspector,
      clock,
      ids,
      random,
      looks: new Looks({ store: this.store, clock, log: silentLog, eagerness: 1 }),
      log: silentLog,
      observer: silentObserver,
      owner: this.owner,
      leaseMs: LEASE_MS,
      concurrencyMax: 64,
      downloads: { slots: new Slots(SLOTS), room: new Slots(SLOTS * BYTES_MAX), bytesMax: BYTES_MAX },
      retention: { filesMs: null, recordsMs: null, logsMs: null },
      callbackBase: () => CALLBACK_BASE,
      inputUrl: () => null,
      checkpoint: async (point) => {
        this.#spring(point)
        await this.gate.through(Promise.resolve())
      },
    }
  }

  /** What a process does at its start. @throws StoreUnavailable */
  async start(): Promise<void> {
    if (this.#world.isAlone) {
      await this.#files.sweep()
      const inputs = await this.#files.names(INPUTS)
      const outputs = await this.#files.names(OUTPUTS)
      await this.store.clearLeases()
      const deps = { store: this.store, files: this.#files, log: silentLog }
      await removeLeftovers(deps, inputs)
      await removeOrphans(deps, outputs, new AbortController().signal)
    }
    await this.#engine.start()
    this.#deliverer.start()
  }

  /** What it does at SIGTERM. */
  async stop(graceMs: number): Promise<void> {
    await Promise.all([this.#engine.stop(graceMs), this.#deliverer.stop(graceMs)])
  }

  /** A provider calls back here. Answers the status. */
  callHook(url: string, body: string): Promise<number> {
    const { store } = this
    const clock = this.#world.time.clockThrough(this.gate)
    return callHook({ store, clock, providers: this.#providers }, url, body)
  }

  #spring(point: TrapPoint): void {
    const { trap } = this
    if (trap?.point !== point) return
    this.trap = undefined
    this.#world.sprung(this, trap)
    if (trap.act === 'kill') this.gate.kill()
    else this.gate.freeze()
  }
}
