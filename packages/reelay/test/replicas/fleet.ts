import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type SpawnedSimulator, type SpawnSimulatorOptions, spawnSimulator } from '@reelay/simulator'
import { GatewayProcess } from '../crash/gateway-process.ts'
import { startPostgres, type RealPostgres } from '../support/real-postgres.ts'
import { Audit } from './audit.ts'

const SECRET = 'a-secret-of-the-tests-that-is-long-enough'
const DATABASE = 'fleet'

export type FleetOptions = {
  /** What the provider's side speaks, and the settings that point a gateway at it. */
  dialect: NonNullable<SpawnSimulatorOptions['dialect']>
  settingsOf: (upstream: SpawnedSimulator) => Readonly<Record<string, string>>
  leaseMs: number
}

export const COMET: Pick<FleetOptions, 'dialect' | 'settingsOf'> = {
  dialect: 'comet',
  settingsOf: ({ url }) => ({
    COMETAPI_KEY: 'test-key',
    COMETAPI_BASE_URL: url,
    REELAY_PROVIDERS: 'cometapi',
  }),
}

/** One gateway process of a fleet, and how it is named in leases. */
export type Replica = { owner: string; gateway: GatewayProcess }

/**
 * Gateway processes over one PostgreSQL that writes to the disk for real, one folder for files, and one simulated provider,
 * each in a process of its own.
 */
export class Fleet implements AsyncDisposable {
  readonly directory: string
  readonly postgres: RealPostgres
  readonly upstream: SpawnedSimulator
  readonly audit: Audit
  readonly leaseMs: number
  readonly #settings: Readonly<Record<string, string>>
  readonly #live = new Set<GatewayProcess>()
  #started = 0

  constructor(
    parts: Pick<Fleet, 'directory' | 'postgres' | 'upstream' | 'audit' | 'leaseMs'>,
    settings: Readonly<Record<string, string>>,
  ) {
    this.directory = parts.directory
    this.postgres = parts.postgres
    this.upstream = parts.upstream
    this.audit = parts.audit
    this.leaseMs = parts.leaseMs
    this.#settings = settings
  }

  /** The first process makes the tables; then every change of a lease and of a state is written down by the database. */
  static async open(options: FleetOptions): Promise<Fleet> {
    const { dialect, settingsOf, leaseMs } = options
    await using opened = new AsyncDisposableStack()
    const directory = await mkdtemp(join(tmpdir(), 'reelay-fleet-'))
    opened.defer(() => rm(directory, { recursive: true, force: true }))
    const postgres = opened.use(await startPostgres({ durable: true }))
    const url = await postgres.createDatabase(DATABASE)
    const upstream = await spawnSimulator({ ledgerPath: join(directory, 'ledger.jsonl'), dialect })
    opened.defer(() => upstream.stop())
    const audit = await Audit.begin(url)
    opened.defer(() => audit.end())
    const settings = {
      REELAY_DATABASE_URL: url,
      REELAY_STORAGE_URL: `file:${join(directory, 'files')}`,
      REELAY_SECRET: SECRET,
      REELAY_LIMITS: 'off',
      LEASE_MS: String(leaseMs),
      ...settingsOf(upstream),
    }
    opened.move()
    return new Fleet({ directory, postgres, upstream, audit, leaseMs }, settings)
  }

  async start(extra: Readonly<Record<string, string>> = {}): Promise<Replica> {
    this.#started += 1
    const owner = `replica_${this.#started}`
    const gateway = await GatewayProcess.start({
      ...this.#settings,
      REELAY_DATA_DIR: join(this.directory, owner),
      OWNER: owner,
      ...extra,
    })
    this.#live.add(gateway)
    return { owner, gateway }
  }

  async kill({ gateway }: Replica): Promise<void> {
    await gateway.kill()
    this.#live.delete(gateway)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all([...this.#live].map((gateway) => gateway.kill()))
    await this.upstream.stop()
    await this.audit.end()
    await this.postgres[Symbol.asyncDispose]()
    await rm(this.directory, { recursive: true, force: true })
  }
}
