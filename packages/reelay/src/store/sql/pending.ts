import { sql, type RawBuilder } from 'kysely'

/** Written out in the statement: no planner takes a partial index for a state that comes as a parameter. */
export const PENDING: RawBuilder<'pending'> = sql.lit('pending')
