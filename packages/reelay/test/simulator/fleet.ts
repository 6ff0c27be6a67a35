import assert from 'node:assert/strict'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { startSimulator, type DialectName, type Simulator } from '@reelay/simulator'
import { createReelay, type Reelay } from '../../src/compose.ts'
import { loadConfig } from '../../src/config.ts'
import { parseAllowHosts } from '../../src/net/allow-hosts.ts'
import { createGuard } from '../../src/net/guard.ts'
import { createGuardedClient } from '../../src/net/guarded-fetch.ts'
import type { Provider } from '../../src/providers/provider.ts'
import { systemIds } from '../../src/system/ids.ts'
import { silentLog } from '../../src/system/log.ts'
import { TestClock } from '../../src/system/test-clock.ts'
import { isTerminal } from '../../src/task/state.ts'
import { seededNumbers } from '../support/seeded-numbers.ts'
import { isDiskBusy } from '../support/settle.ts'
import { FLEET, type FleetMember } from './fleet-members.ts'
import { Traffic, watchedProvider } from './watched-provider.ts'

const PUBLIC_URL = 'https://reelay.example'
/** What providers are told that have one address for the account, before the gateway has made it. */
const ACCOUNT_URL = 'https://account.example/'
const DEADLINE_SECONDS = 600
/** Renders are so many times as fast as at the providers: a minute and a half becomes twenty seconds. */
const SPEED = 4
/** Time passes in steps of this, so that many things are due together. */
const STEP_MS = 2_000
/** Turns of the event loop without a sign of life, after which all that is left waits for the clock. */
const QUIET_TURNS = 10
/** The same where somebody still waits for an answer: it may never come. */
const SILENT_TURNS = 100
const ROUNDS_MAX = 200_000

function providersOf(
  simulators: ReadonlyMap<DialectName, Simulator>,
  clock: TestClock,
  traffic: Traffic,
): ReadonlyMap<string, Provider> {
  const hosts = [...simulators.values()].flatMap(({ url, filesUrl }) => [url, filesUrl])
  const allow = parseAllowHosts(hosts.map((url) => new URL(url).host).join(','))
  const guarded = createGuardedClient({ guard: createGuard({ allow }), clock })
  return new Map(
    FLEET.map((member) => {
      const { dialect, apiKey = 'key-1' } = member
      const { url: baseUrl, secrets } = simulatorAt(simulators, dialect)
      const provider = member.open({ baseUrl, apiKey, guarded, clock, ids: systemIds, secrets })
      return [dialect, watchedProvider(provider, traffic)]
    }),
  )
}

function simulatorAt(simulators: ReadonlyMap<DialectName, Simulator>, dialect: DialectName): Simulator {
  const simulator = simulators.get(dialect)
  assert.ok(simulator !== undefined)
  return simulator
}

type FleetParts = {
  reelay: Reelay
  directory: string
  traffic: Traffic
  providers: ReadonlyMap<string, Provider>
  clock: TestClock
  simulators: ReadonlyMap<DialectName, Simulator>
}

/** A gateway in this process before all its providers, and one clock for all of them. */
export class Fleet {
  readonly #reelay: Reelay
  readonly #directory: string
  readonly #simulators: ReadonlyMap<DialectName, Simulator>
  readonly #traffic: Traffic
  readonly #providers: ReadonlyMap<string, Provider>
  readonly clock: TestClock
  readonly #addresses = new Map<string, string>()
  #arrived = 0
  #open = 0

  constructor(parts: FleetParts) {
    this.#reelay = parts.reelay
    this.#directory = parts.directory
    this.#traffic = parts.traffic
    this.#providers = parts.providers
    this.clock = parts.clock
    this.#simulators = parts.simulators
  }

  static async open(): Promise<Fleet> {
    const clock = new TestClock()
    const traffic = new Traffic()
    let fleet: Fleet | undefined
    const arrive = async (url: string, init: RequestInit | undefined): Promise<Response> =>
      fleet === undefined ? new Response(null, { status: 503 }) : fleet.#receive(url, init)
    const simulators = new Map<DialectName, Simulator>()
    for (const { dialect, apiKey = 'key-1' } of FLEET) {
      const simulator = await startSimulator({
        dialect,
        clock,
        keys: [apiKey],
        render: { kind: 'timed', speed: SPEED },
        callbackUrl: ACCOUNT_URL + dialect,
        dripMs: 0,
        fetch: (input, init) => arrive(String(input instanceof Request ? input.url : input), init),
      })
      simulators.set(dialect, simulator)
    }
    const providers = providersOf(simulators, clock, traffic)
    const directory = await mkdtemp(join(tmpdir(), 'reelay-fleet-'))
    const config = loadConfig({
      REELAY_DATA_DIR: directory,
      REELAY_PORT: '0',
      REELAY_LIMITS: 'off',
      REELAY_PUBLIC_URL: PUBLIC_URL,
    })
    const reelay = await createReelay(config, {
      clock,
      log: silentLog,
      random: seededNumbers(7),
      providers,
      inspector: {
        probe: async () => ({ mime: 'video/mp4', width: 320, height: 180, durationMs: 2_000, codec: 'avc' }),
        poster: async () => undefined,
      },
    })
    fleet = new Fleet({ reelay, directory, traffic, providers, clock, simulators })
    await reelay.start()
    await fleet.#learnAddresses()
    return fleet
  }

  get store(): Reelay['store'] {
    return this.#reelay.store
  }

  simulatorOf(dialect: DialectName): Simulator {
    return simulatorAt(this.#simulators, dialect)
  }

  get simulators(): readonly Simulator[] {
    return [...this.#simulators.values()]
  }

  /** Whether the provider calls back, and its adapter listens. */
  callsBack(dialect: DialectName): boolean {
    const { callbacks } = this.#providers.get(dialect)?.traits ?? {}
    return callbacks !== undefined && this.simulatorOf(dialect).dialect.callback !== undefined
  }

  async #ask(path: string, init: RequestInit = {}): Promise<unknown> {
    const headers = { authorization: `Bearer ${this.#reelay.adminKey}`, 'content-type': 'application/json' }
    const response = await this.#reelay.fetch(new Request(PUBLIC_URL + path, { ...init, headers }))
    const body: unknown = await response.json()
    assert.equal(response.status, 200, JSON.stringify(body))
    return body
  }

  async #learnAddresses(): Promise<void> {
    const { data } = (await this.#ask('/v1/providers')) as {
      data: { account: string; callback_url: string | null }[]
    }
    for (const { account, callback_url: url } of data) if (url !== null) this.#addresses.set(account, url)
  }

  /** A callback, wherever it is meant for. */
  async #receive(url: string, init: RequestInit | undefined): Promise<Response> {
    this.#arrived += 1
    const account = url.startsWith(ACCOUNT_URL) ? url.slice(ACCOUNT_URL.length) : null
    const address = account === null ? url : (this.#addresses.get(account) ?? `${PUBLIC_URL}/hooks/none`)
    const { signal: _, ...request } = init ?? {}
    this.#open += 1
    try {
      return await this.#reelay.fetch(new Request(address, request))
    } finally {
      this.#open -= 1
    }
  }

  get callbacksArrived(): number {
    return this.#arrived
  }

  async create({ dialect, model }: FleetMember, prompt: string): Promise<string> {
    const fields = { model: `${dialect}/${model}`, prompt, deadline: DEADLINE_SECONDS }
    const body = (await this.#ask('/v1/videos', { method: 'POST', body: JSON.stringify(fields) })) as {
      id: string
    }
    return body.id
  }

  /** Lets time pass, whenever nothing else goes on, until all of these have ended. */
  async untilEnded(ids: readonly string[]): Promise<void> {
    const left = new Set(ids)
    const look = async (id: string): Promise<void> => {
      const task = await this.store.loadTask(id)
      if (task !== undefined && isTerminal(task.state)) left.delete(id)
    }
    const unsubscribe = this.store.onChange((id) => void look(id))
    await Promise.all(ids.map(look))
    for (let round = 0; round < ROUNDS_MAX && left.size > 0; round += 1) {
      await this.#untilQuiet()
      const nextMs = this.clock.nextWakeMs
      assert.ok(nextMs !== undefined || left.size === 0, 'nobody waits for anything')
      this.clock.advance(Math.max(STEP_MS, (nextMs ?? 0) - this.clock.nowMs()))
    }
    unsubscribe()
    assert.equal(left.size, 0, `${left.size} never ended`)
  }

  /** What shows that something goes on: questions, answers, callbacks, and who begins or ends to wait. */
  #signs(): string {
    const asked = this.simulators.reduce((sum, { requests }) => sum + requests.length, 0)
    return [asked, this.#traffic.settled, this.#arrived, this.#open, this.clock.sleeping].join(' ')
  }

  async #untilQuiet(): Promise<void> {
    let last = ''
    for (let turns = 0; turns < (this.#traffic.underWay > 0 ? SILENT_TURNS : QUIET_TURNS); turns += 1) {
      await new Promise((resolve) => setImmediate(resolve))
      const signs = this.#signs()
      if (signs !== last || isDiskBusy()) turns = 0
      last = signs
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#reelay.stop()
    await Promise.all(this.simulators.map(async (simulator) => simulator.close()))
    await rm(this.#directory, { recursive: true, force: true })
  }
}
