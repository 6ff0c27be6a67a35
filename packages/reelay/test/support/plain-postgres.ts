/** The driver by itself, for what looks at a database without the store. */
export { Client, Pool } from 'pg'
