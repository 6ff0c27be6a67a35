import { startPostgres } from '../packages/reelay/test/support/real-postgres.ts'
import { benchPolls } from './postgres-polls.ts'
import { benchReads } from './postgres-reads.ts'
import { benchReplicas } from './postgres-replicas.ts'

const PARTS = ['polls', 'replicas', 'reads'] as const
const BENCHES = { polls: benchPolls, replicas: benchReplicas, reads: benchReads }

/** On a server of its own that writes to the disk for real. By name: `npm run bench -- postgres [polls] [replicas] [reads]`. */
export async function benchPostgres(args: readonly string[]): Promise<void> {
  const wanted = PARTS.filter((part) => args.includes(part))
  await using postgres = await startPostgres({ durable: true })
  for (const part of wanted.length === 0 ? PARTS : wanted) {
    await BENCHES[part](postgres)
    console.log()
  }
}
