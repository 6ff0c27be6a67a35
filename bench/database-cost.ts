import { readdir, readFile } from 'node:fs/promises'
import type { Client } from '../packages/reelay/test/support/plain-postgres.ts'

const CLOCK_TICKS_PER_SECOND = 100

/** What has been spent so far, on both sides. */
export type Spent = { atMs: number; nodeMicroseconds: number; databaseMicroseconds: number; walBytes: number }

/** Fields of /proc/{id}/stat behind the command's name; undefined for a process that is gone. */
async function statOf(processId: string): Promise<readonly string[] | undefined> {
  const stat = await readFile(`/proc/${processId}/stat`, 'utf8').catch(() => undefined)
  return stat?.slice(stat.lastIndexOf(')') + 2).split(' ')
}

/** User and system time of the server's processes, those that have ended included. */
async function databaseMicroseconds(backend: string): Promise<number> {
  const server = (await statOf(backend))?.[1] ?? ''
  let ticks = 0
  for (const name of await readdir('/proc')) {
    if (!/^\d+$/.test(name)) continue
    const stat = await statOf(name)
    if (stat === undefined) continue
    const own = Number(stat[11]) + Number(stat[12])
    if (stat[1] === server) ticks += own
    if (name === server) ticks += own + Number(stat[13]) + Number(stat[14])
  }
  return (ticks * 1e6) / CLOCK_TICKS_PER_SECOND
}

/** @param client stays connected, so that the server can be found by it */
export async function spentSoFar(client: Client): Promise<Spent> {
  const { rows } = await client.query<{ backend: string; wal: string }>(
    `select pg_backend_pid()::text as backend, pg_wal_lsn_diff(pg_current_wal_lsn(), '0/0') as wal`,
  )
  const { user, system } = process.cpuUsage()
  return {
    atMs: performance.now(),
    nodeMicroseconds: user + system,
    databaseMicroseconds: await databaseMicroseconds(rows[0]?.backend ?? ''),
    walBytes: Number(rows[0]?.wal ?? 0),
  }
}

export type Cost = {
  perSecond: number
  nodeMicroseconds: number
  databaseMicroseconds: number
  walBytes: number
}

/** Per piece of work. */
export function costOf(before: Spent, after: Spent, count: number): Cost {
  const each = (name: keyof Spent): number => (after[name] - before[name]) / Math.max(1, count)
  return {
    perSecond: (count * 1_000) / (after.atMs - before.atMs),
    nodeMicroseconds: each('nodeMicroseconds'),
    databaseMicroseconds: each('databaseMicroseconds'),
    walBytes: each('walBytes'),
  }
}
