import { DatabaseError, Pool, types as postgresTypes, type CustomTypesConfig, type PoolClient } from 'pg'
import type { PostgresPool, PostgresPoolClient, PostgresQueryResult } from 'kysely'
import type { Clock } from '../../system/clock.ts'
import type { Log } from '../../system/log.ts'
import { StoreUnavailable } from '../store.ts'
import { asUnavailable } from './as-unavailable.ts'

/** PostgreSQL's 64-bit integers. Ours are counts and times, far below 2^53. */
const { INT8 } = postgresTypes.builtins
/** For a connection, also for one of those that others use at the moment. */
const CONNECT_MS_MAX = 10_000
const IDLE_MS = 30_000
/** The longest that one statement may take: then its connection counts as dead. */
const STATEMENT_MS_MAX = 10_000

export type ConnectionsOptions = {
  url: string
  connectionsMax: number
  clock: Clock
  log: Log
  /** Ten seconds unless given. */
  statementMsMax?: number
}

/** Numbers are numbers, whatever their width: the one place where that is said. */
const types: CustomTypesConfig = {
  getTypeParser: (id, format) => (id === INT8 ? Number : postgresTypes.getTypeParser(id, format)),
}

/**
 * PostgreSQL's texts cannot hold the character 0, which a provider's words or a client's query may. What is stored and what
 * is looked for are changed alike.
 */
function withoutNul(value: unknown): unknown {
  if (typeof value === 'string') return value.replaceAll('\u0000', '\ufffd')
  return Array.isArray(value) ? value.map(withoutNul) : value
}

/**
 * Connections to the database, each statement with a time limit of its own: a server that hangs or is cut off must not hold
 * anybody up for ever. What is needed of them works through a pooler that gives each transaction another connection.
 */
export class Connections implements PostgresPool {
  readonly options: object = {}
  readonly #pool: Pool
  readonly #clock: Clock
  readonly #statementMsMax: number

  constructor({ url, connectionsMax, clock, log, statementMsMax = STATEMENT_MS_MAX }: ConnectionsOptions) {
    this.#clock = clock
    this.#statementMsMax = statementMsMax
    this.#pool = new Pool({
      connectionString: url,
      max: connectionsMax,
      connectionTimeoutMillis: CONNECT_MS_MAX,
      idleTimeoutMillis: IDLE_MS,
      keepAlive: true,
      application_name: 'reelay',
      types,
    })
    this.#pool.on('error', (error) => {
      log.warn({ reason: error.message }, 'an idle connection to the database was lost')
    })
  }

  /** @throws StoreUnavailable when the database cannot be reached */
  async connect(): Promise<Connection> {
    try {
      return new Connection(await this.#pool.connect(), this.#clock, this.#statementMsMax)
    } catch (error) {
      throw new StoreUnavailable(
        'The database cannot be reached at the moment, or all connections are in use.',
        {
          cause: error,
        },
      )
    }
  }

  /** One statement outside of any transaction. @throws StoreUnavailable */
  async query<Row>(text: string, parameters: readonly unknown[]): Promise<readonly Row[]> {
    const connection = await this.connect()
    try {
      return (await connection.query<Row>(text, parameters)).rows
    } finally {
      connection.release()
    }
  }

  async end(): Promise<void> {
    await this.#pool.end()
  }
}

/** A connection while somebody uses it. One that failed is closed when it is given back. */
class Connection implements PostgresPoolClient {
  readonly #client: PoolClient
  readonly #clock: Clock
  readonly #statementMsMax: number
  #lost: Error | undefined
  readonly #lose = (error: Error): void => {
    this.#lost ??= error
  }

  constructor(client: PoolClient, clock: Clock, statementMsMax: number) {
    this.#client = client
    this.#clock = clock
    this.#statementMsMax = statementMsMax
    client.on('error', this.#lose)
  }

  query<R>(text: string, parameters: readonly unknown[]): Promise<PostgresQueryResult<R>>
  query(): never
  async query<R>(text?: string, parameters: readonly unknown[] = []): Promise<PostgresQueryResult<R>> {
    if (text === undefined) throw new TypeError('rows are not read by a cursor here')
    if (this.#lost !== undefined) throw this.#unavailable()
    const answered = new AbortController()
    const running = this.#client.query(text, parameters.map(withoutNul))
    try {
      const result = await Promise.race([running, this.#timeLimit(answered.signal)])
      return result as unknown as PostgresQueryResult<R>
    } catch (error) {
      // Without a word of the server's own the connection is no good any more, whatever the reason.
      if (!(error instanceof DatabaseError))
        this.#lose(error instanceof Error ? error : new Error(String(error)))
      running.catch(() => undefined)
      throw this.#lost === undefined ? asUnavailable(error) : this.#unavailable()
    } finally {
      answered.abort()
    }
  }

  release(): void {
    this.#client.off('error', this.#lose)
    // A connection that is closed in a transaction leaves nothing of it behind.
    this.#client.release(this.#lost)
  }

  async #timeLimit(answered: AbortSignal): Promise<never> {
    await this.#clock.sleep(this.#statementMsMax, answered)
    throw new Error(`no answer within ${this.#statementMsMax} ms`)
  }

  #unavailable(): StoreUnavailable {
    const reason = this.#lost?.message ?? 'unknown'
    return new StoreUnavailable(`The connection to the database was lost: ${reason}.`, { cause: this.#lost })
  }
}
