import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type SpawnedSimulator, type SpawnSimulatorOptions, spawnSimulator } from '@reelay/simulator'
import { StartingProcess, type GatewayProcess } from '../crash/gateway-process.ts'
import { openPostgresDatabase, type FleetDatabase, type PostgresDatabase } from './fleet-database.ts'

const SECRET = 'a-secret-of-the-tests-that-is-long-enough'

export type FleetOptions = {
  /** What the provider's side speaks, and the settings that point a gateway at it. */
  dialect: NonNullable<SpawnSimulatorOptions['dialect']>
  settingsOf: (upstream: SpawnedSimulator) => Readonly<Record<string, string>>
  leaseMs: number
  /** Called before anything is in the folder of the database and the files; what it answers is called at the end. */
  prepareDirectory?: (directory: string) => Promise<() => Promise<void>>
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

/** One that does not answer yet. */
export type StartingReplica = { owner: string; process: StartingProcess }

type Parts<Database> = {
  database: Database
  directory: string
  upstream: SpawnedSimulator
  leaseMs: number
}

/**
 * Gateway processes over one database, one folder for files, and one simulated provider, each in a process of its own. The
 * provider's ledger is elsewhere.
 */
export class Fleet<Database extends FleetDatabase = PostgresDatabase> implements AsyncDisposable {
  readonly directory: string
  readonly database: Database
  readonly upstream: SpawnedSimulator
  readonly leaseMs: number
  readonly #settings: Readonly<Record<string, string>>
  readonly #opened: AsyncDisposableStack
  readonly #live = new Set<StartingProcess>()
  #started = 0

  private constructor(
    parts: Parts<Database>,
    settings: Readonly<Record<string, string>>,
    opened: AsyncDisposableStack,
  ) {
    this.database = parts.database
    this.directory = parts.directory
    this.upstream = parts.upstream
    this.leaseMs = parts.leaseMs
    this.#settings = settings
    this.#opened = opened
  }

  /** On a PostgreSQL that writes to the disk for real. */
  static open(options: FleetOptions): Promise<Fleet> {
    return Fleet.openOn(openPostgresDatabase, options)
  }

  static async openOn<Database extends FleetDatabase>(
    openDatabase: (directory: string) => Promise<Database>,
    { dialect, settingsOf, leaseMs, prepareDirectory }: FleetOptions,
  ): Promise<Fleet<Database>> {
    await using opened = new AsyncDisposableStack()
    const directory = await makeDirectory('reelay-fleet-', opened)
    const undo = await prepareDirectory?.(directory)
    if (undo !== undefined) opened.defer(undo)
    const ledgerPath = join(await makeDirectory('reelay-ledger-', opened), 'ledger.jsonl')
    const upstream = await spawnSimulator({ ledgerPath, dialect })
    opened.defer(() => upstream.stop())
    const database = opened.use(await openDatabase(directory))
    const settings = {
      REELAY_STORAGE_URL: `file:${join(directory, 'files')}`,
      REELAY_SECRET: SECRET,
      REELAY_LIMITS: 'off',
      LEASE_MS: String(leaseMs),
      ...database.settings,
      ...settingsOf(upstream),
    }
    return new Fleet({ database, directory, upstream, leaseMs }, settings, opened.move())
  }

  get audit(): Database['audit'] {
    return this.database.audit
  }

  async start(extra: Readonly<Record<string, string>> = {}): Promise<Replica> {
    const { owner, process } = this.launch(extra)
    return { owner, gateway: await process.ready() }
  }

  /** The same without waiting until it answers. */
  launch(extra: Readonly<Record<string, string>> = {}): StartingReplica {
    this.#started += 1
    const owner = `replica_${this.#started}`
    const process = new StartingProcess({
      REELAY_DATA_DIR: join(this.directory, owner),
      ...this.#settings,
      OWNER: owner,
      ...extra,
    })
    this.#live.add(process)
    void process.ended().then(() => this.#live.delete(process))
    return { owner, process }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all([...this.#live].map((process) => process.kill()))
    await this.#opened.disposeAsync()
  }
}

async function makeDirectory(prefix: string, opened: AsyncDisposableStack): Promise<string> {
  const directory = await mkdtemp(join(tmpdir(), prefix))
  opened.defer(() => rm(directory, { recursive: true, force: true }))
  return directory
}
