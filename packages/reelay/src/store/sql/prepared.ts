import type { Compilable, CompiledQuery, QueryResult } from 'kysely'
import type { Transaction } from './transaction.ts'

type Place = Pick<Transaction, 'db' | 'connection' | 'locks'>

/** Stands for an argument while the statement is built. Whoever calculates with one calculates too early. */
class Slot {
  readonly name: string

  constructor(name: string) {
    this.name = name
  }

  [Symbol.toPrimitive](): never {
    throw new TypeError(`the argument ${this.name} of a prepared statement has no value yet`)
  }
}

/** Builds a statement whose only variable parts are the values of its arguments. */
type Build<Args, Row> = (place: Place, args: Args) => Compilable<Row>

/**
 * A statement that is built and compiled once for each kind of database, and then only run: for those that somebody waits for,
 * or that run for each look at each task. Building one costs more than running it does.
 */
export class Prepared<Args extends object, Row> {
  readonly #build: Build<Args, Row>
  readonly #compiled = new WeakMap<object, CompiledQuery<Row>>()

  constructor(build: Build<Args, Row>) {
    this.#build = build
  }

  run(place: Place, args: Args): Promise<QueryResult<Row>> {
    const compiled = this.#compiledFor(place)
    const parameters = compiled.parameters.map((value) =>
      value instanceof Slot ? args[value.name as keyof Args] : value,
    )
    return place.connection.executeQuery({ ...compiled, parameters })
  }

  async first(place: Place, args: Args): Promise<Row | undefined> {
    return (await this.run(place, args)).rows[0]
  }

  #compiledFor(place: Place): CompiledQuery<Row> {
    // The same for a database and for all transactions on it.
    const { adapter } = place.db.getExecutor()
    const known = this.#compiled.get(adapter)
    if (known !== undefined) return known
    const args = new Proxy({}, { get: (_, name) => new Slot(String(name)) })
    const compiled = this.#build(place, args as Args).compile()
    this.#compiled.set(adapter, compiled)
    return compiled
  }
}
