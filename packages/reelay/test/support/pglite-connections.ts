import { PGlite, types } from '@electric-sql/pglite'
import type { PostgresPool, PostgresPoolClient, PostgresQueryResult } from 'kysely'

type Waiting = () => void

/** One PostgreSQL in this process, lent to one user at a time: it has a single connection. */
export class PgliteConnections implements PostgresPool {
  readonly options: object = {}
  readonly database: PGlite
  readonly #waiting: Waiting[] = []
  #isLent = false

  constructor(database: PGlite) {
    this.database = database
  }

  static async open(): Promise<PgliteConnections> {
    return new PgliteConnections(await PGlite.create({ parsers: { [types.INT8]: Number } }))
  }

  async connect(): Promise<PostgresPoolClient> {
    if (this.#isLent) await new Promise<void>((resolve) => this.#waiting.push(resolve))
    this.#isLent = true
    return {
      query: (async (text: string, parameters: readonly unknown[]) =>
        this.#run(text, parameters)) as PostgresPoolClient['query'],
      release: () => this.#release(),
    }
  }

  async query<Row>(text: string, parameters: readonly unknown[]): Promise<readonly Row[]> {
    const connection = await this.connect()
    try {
      return (await connection.query<Row>(text, parameters)).rows
    } finally {
      connection.release()
    }
  }

  /** The database outlives the store that uses it. */
  async end(): Promise<void> {}

  async #run(text: string, parameters: readonly unknown[]): Promise<PostgresQueryResult<unknown>> {
    const { rows, affectedRows = 0 } = await this.database.query(text, [...parameters])
    const command = text.trimStart().split(/\s/, 1)[0]?.toUpperCase() ?? ''
    return { command, rowCount: affectedRows || rows.length, rows } as unknown as PostgresQueryResult<unknown>
  }

  #release(): void {
    const next = this.#waiting.shift()
    if (next === undefined) this.#isLent = false
    else next()
  }
}
