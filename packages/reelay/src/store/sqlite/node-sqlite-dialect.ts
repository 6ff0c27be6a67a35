import type { DatabaseSync, SQLInputValue, StatementSync } from 'node:sqlite'
import { SqliteDialect, type SqliteDatabase, type SqliteStatement } from 'kysely'

/** Distinct statements are few (one per verb and list length): a cap only guards against surprises. */
const STATEMENTS_MAX = 500

/** Lets Kysely's SQLite dialect run on Node's own driver, with prepared statements kept. */
export function nodeSqliteDialect(database: DatabaseSync): SqliteDialect {
  const statements = new Map<string, SqliteStatement>()
  const shim: SqliteDatabase = {
    close: () => database.close(),
    prepare: (sql) => {
      const known = statements.get(sql)
      if (known !== undefined) return known
      if (statements.size >= STATEMENTS_MAX) statements.clear()
      const statement = shimStatement(database.prepare(sql))
      statements.set(sql, statement)
      return statement
    },
  }
  return new SqliteDialect({ database: shim })
}

function shimStatement(statement: StatementSync): SqliteStatement {
  return {
    reader: statement.columns().length > 0,
    all: (parameters) => statement.all(...(parameters as SQLInputValue[])),
    run: (parameters) => statement.run(...(parameters as SQLInputValue[])),
    iterate: (parameters) => statement.iterate(...(parameters as SQLInputValue[])),
  }
}
