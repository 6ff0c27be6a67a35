import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { CallbackRecord } from './callback-record.ts'
import { Callbacks } from './callbacks.ts'
import { systemClock, type Clock } from './clock.ts'
import { faultsOf, type Controls } from './control.ts'
import type { VerbSource } from './create-verbs.ts'
import { dialectOf, type DialectName } from './dialects/dialects.ts'
import type { Dialect } from './dialect.ts'
import { FaultOrders } from './fault-orders.ts'
import { Front } from './front.ts'
import { Gates } from './gates.ts'
import { systemIds, type Ids } from './ids.ts'
import { Limits } from './limits.ts'
import { nullLedger, openLedger, readLedgerRecords, type Ledger, type LedgerEntry } from './ledger.ts'
import type { RequestRecord } from './request-record.ts'
import { parseScript } from './script.ts'
import { publicSecrets, secretsOf, type Secrets } from './secrets.ts'
import { Service, type RenderMode } from './service.ts'
import { Tasks } from './tasks.ts'
import { Uploads } from './uploads.ts'
import { WatchedLog } from './watched-log.ts'

export interface SimulatorOptions {
  /** One of the names, or a dialect of your own. Default `comet`. */
  readonly dialect?: DialectName | Dialect
  /** 0, the default, picks a free one. */
  readonly port?: number
  /** The port of the other origin, where some dialects' results are; 0, the default, picks a free one. */
  readonly filesPort?: number
  /** Default 127.0.0.1: nobody else can reach it. */
  readonly host?: string
  /** The ledger's file; without one nothing outlives the process. Tasks found in it live on. */
  readonly ledgerPath?: string
  /** Markers for every task, as in a prompt; those in a prompt win. */
  readonly scenario?: string
  /** Keys that are accepted; any when empty. */
  readonly keys?: readonly string[]
  /** Models that are accepted; any when empty. */
  readonly models?: readonly string[]
  /** What the provider would let an account ask for counts. Default false: tests may be faster. */
  readonly limits?: boolean
  /** Tasks die with the process although the ledger remembers their creation. */
  readonly forgetOnRestart?: boolean
  /** Default: a step at each poll. */
  readonly render?: RenderMode
  /** Of render times and signing secrets. Default 1. */
  readonly seed?: number
  /** For providers that are told once and for all where to call back. */
  readonly callbackUrl?: string
  /** Pause between two of the 40 pieces of a `slow` answer, milliseconds. */
  readonly dripMs?: number
  readonly clock?: Clock
  readonly ids?: Ids
  /** Sends callbacks. Default: the global one. */
  readonly fetch?: typeof globalThis.fetch
}

export interface Simulator extends Controls {
  readonly dialect: Dialect
  readonly port: number
  /** `http://127.0.0.1:port`, what a provider's base URL is set to. */
  readonly url: string
  /** The other origin, which must never see a key. */
  readonly filesUrl: string
  /** What callbacks are signed with. */
  readonly secrets: Secrets
  /** Every POST that could be billed, those before a restart included. */
  readonly ledger: readonly LedgerEntry[]
  /** Resolves with the `count`-th (default 1) matching request, past ones included, once it is there. */
  untilRequest(match: (request: RequestRecord) => boolean, count?: number): Promise<RequestRecord>
  /** The same for tries to call back. */
  untilCallback(match: (callback: CallbackRecord) => boolean, count?: number): Promise<CallbackRecord>
  /** Ends every connection and frees the ports. */
  close(): Promise<void>
}

type Handler = (request: IncomingMessage, response: ServerResponse) => void

/** A server that can be closed and opened again on the port that it had. */
class Port {
  readonly #server: Server
  readonly #host: string
  #port: number
  #isListening = false

  constructor(handler: Handler, host: string, port: number) {
    this.#server = createServer(handler)
    this.#host = host
    this.#port = port
  }

  get number(): number {
    return this.#port
  }

  async open(): Promise<void> {
    if (this.#isListening) return
    await new Promise<void>((resolve, reject) => {
      this.#server.once('error', reject)
      this.#server.listen(this.#port, this.#host, () => {
        this.#server.off('error', reject)
        resolve()
      })
    })
    const address = this.#server.address()
    if (typeof address === 'object' && address !== null) this.#port = address.port
    this.#isListening = true
  }

  async close(): Promise<void> {
    if (!this.#isListening) return
    this.#isListening = false
    await new Promise<void>((resolve) => {
      this.#server.close(() => resolve())
      this.#server.closeAllConnections()
    })
  }
}

/** Everything behind the ports: who decides, who remembers, who sends. */
interface Parts {
  readonly dialect: Dialect
  readonly tasks: Tasks
  readonly ledger: Ledger
  readonly orders: FaultOrders
  readonly gates: Gates
  readonly callbacks: Callbacks
  readonly service: Service
  readonly secrets: Secrets
  readonly log: WatchedLog<RequestRecord>
  readonly leaks: RequestRecord[]
  readonly clock: Clock
}

function openTasks(
  options: SimulatorOptions,
  dialect: Dialect,
  clock: Clock,
): { tasks: Tasks; ledger: Ledger } {
  const { ledgerPath, scenario = '', forgetOnRestart = false } = options
  parseScript(scenario)
  const records = ledgerPath === undefined ? [] : readLedgerRecords(ledgerPath)
  const ledger = ledgerPath === undefined ? nullLedger : openLedger(ledgerPath)
  const tasks = new Tasks({ clock, ledger, dialect: dialect.name, records, scenario, forgetOnRestart })
  return { tasks, ledger }
}

function assemble(options: SimulatorOptions, ports: VerbSource['ports'], signal: AbortSignal): Parts {
  const { clock = systemClock, ids = systemIds, seed = 1, models = [], render = { kind: 'polls' } } = options
  const dialect = dialectOf(options.dialect ?? 'comet')
  const { tasks, ledger } = openTasks(options, dialect, clock)
  const orders = new FaultOrders()
  const gates = new Gates()
  const secrets = secretsOf(seed)
  const verbs: VerbSource = { dialect, tasks, clock, ids, secrets, models, uploads: new Uploads(), ports }
  const callbacks = new Callbacks({
    verbs,
    orders,
    seed,
    clock,
    signal,
    speed: render.kind === 'timed' ? render.speed : 1,
    fetch: options.fetch ?? globalThis.fetch,
  })
  const service = new Service({
    dialect,
    tasks,
    orders,
    gates,
    callbacks,
    verbs,
    clock,
    ids,
    keys: options.keys ?? [],
    models,
    scenario: options.scenario ?? '',
    seed,
    render,
    callbackUrl: options.callbackUrl ?? null,
    limits: options.limits === true && dialect.limits !== undefined ? new Limits(dialect.limits) : null,
    signal,
  })
  const log = new WatchedLog<RequestRecord>()
  return { dialect, tasks, ledger, orders, gates, callbacks, service, secrets, log, leaks: [], clock }
}

function controlsOf(parts: Parts, openAgain: (isOpen: boolean) => Promise<void>): Controls {
  const { tasks, orders, gates, callbacks, log, leaks } = parts
  return {
    requests: log.items,
    callbacks: callbacks.log.items,
    leaks,
    fault: (order) => orders.add(order),
    outage: async (kind) => {
      orders.outage = kind === 'refuse' ? null : kind
      await openAgain(kind !== 'refuse')
    },
    hold: (point) => gates.hold(point),
    release: (point) => gates.release(point),
    rescript: (id, markers) => tasks.rescript(id, markers),
    forget: (id) => tasks.remove(id),
    callback: async (id, order = {}) => {
      const task = tasks.find(id)
      if (task === undefined) throw new Error(`There is no task "${id}" to call back about.`)
      return callbacks.sendNow(task, order.phase, faultsOf(order))
    },
  }
}

/** Starts a simulator of one provider. Rejects when a port is taken, or a marker or the dialect is unknown. */
export async function startSimulator(options: SimulatorOptions = {}): Promise<Simulator> {
  const ending = new AbortController()
  const host = options.host ?? '127.0.0.1'
  const ports = (): { api: number; files: number } => ({ api: api.number, files: files.number })
  const parts = assemble(options, ports, ending.signal)
  const { dialect, tasks, callbacks, log, secrets, clock } = parts
  const sending = { clock, dripMs: options.dripMs ?? 50, signal: ending.signal }
  const status = (): object => statusOf(simulator)
  const front = new Front({ ...parts, sending, controls: () => simulator, status })
  const api = new Port(
    (request, response) => void front.handle('api', request, response),
    host,
    options.port ?? 0,
  )
  const files = new Port(
    (request, response) => void front.handle('files', request, response),
    host,
    options.filesPort ?? 0,
  )
  await api.open()
  try {
    await files.open()
  } catch (error) {
    await api.close()
    parts.ledger.close()
    throw error
  }
  const urlOf = (port: Port): string => `http://${host === '0.0.0.0' ? '127.0.0.1' : host}:${port.number}`
  const controls = controlsOf(parts, (isOpen) => (isOpen ? api.open() : api.close()))

  const simulator: Simulator = {
    ...controls,
    dialect,
    port: api.number,
    url: urlOf(api),
    filesUrl: urlOf(files),
    secrets,
    ledger: tasks.entries,
    untilRequest: (match, count = 1) => log.until(match, count),
    untilCallback: (match, count = 1) => callbacks.log.until(match, count),
    close: async () => {
      ending.abort()
      await Promise.all([api.close(), files.close()])
      parts.gates.releaseAll()
      parts.ledger.close()
    },
  }
  for (const task of tasks.all()) callbacks.follow(task)
  return simulator
}

function statusOf(simulator: Simulator): object {
  const { dialect, url, filesUrl, secrets, ledger, requests, callbacks, leaks } = simulator
  return {
    dialect: dialect.name,
    url,
    filesUrl,
    secrets: publicSecrets(secrets),
    creates: ledger.length,
    requests: requests.length,
    callbacks: callbacks.length,
    leaks: leaks.length,
  }
}
