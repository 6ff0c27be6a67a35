import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { clipBytes, summarise, type LedgerEntry } from '@reelay/simulator'
import { ENDS } from '../replicas/audit.ts'
import type { EndsTold } from './ends-told.ts'
import type { ChaosFleet } from './nemesis.ts'

export type Counts = Readonly<Record<string, number>>

/** What the database, the disk, the provider's ledger and the application's server say once all is over. */
export type Account = {
  attempts: { total: number; states: Counts }
  /** Creates that reached the provider, the jobs that they made, and what struck them, by the provider's ledger. */
  provider: { posts: number; jobs: number; mostJobsPerTask: number; faults: Counts }
  states: Counts
  endCodes: Counts
  /** What the timelines of tasks tell of: each fault once while it lasts. */
  met: Counts
  /** `again`: deliveries of an end that was told before. */
  webhooks: { received: number; refused: number; again: number }
  /** What must not be: all of them 0. */
  broken: Counts
}

type TaskRow = { id: string; state: string; error: string | null }

/** Rows that would be half of a task, or one too many. Each must count 0. */
const HALVES: Readonly<Record<string, string>> = {
  'tasks without their key': 'select count(*) from tasks where id not in (select task_id from idempotency)',
  'keys without their task': 'select count(*) from idempotency where task_id not in (select id from tasks)',
  'tasks without a timeline': 'select count(*) from tasks where id not in (select task_id from task_events)',
  'ended tasks without an event to tell': `select count(*) from tasks where state in ${ENDS}
    and id not in (select task_id from deliveries where task_id is not null)`,
  'events told to nobody': `select count(*) from deliveries where state <> 'delivered'`,
  'ended tasks that are still scheduled': 'select count(*) from schedule',
  'completed tasks without a file': `select count(*) from tasks where state = 'completed'
    and id not in (select task_id from artifacts where role = 'video')`,
}

const MET: Readonly<Record<string, string>> = {
  'looks that failed': `select count(*) from task_events where kind = 'poll.faulted'`,
  'downloads that failed': `select count(*) from task_events where kind = 'archive.faulted'`,
  'full disks': `select count(*) from task_events where data like '%storage_full%'`,
}

const counted = (names: readonly string[]): Counts => {
  const counts = new Map<string, number>()
  for (const name of names) counts.set(name, (counts.get(name) ?? 0) + 1)
  return Object.fromEntries(counts)
}

/** @param prompts of accepted tasks, by id */
export async function account(
  fleet: ChaosFleet,
  prompts: ReadonlyMap<string, string>,
  told: EndsTold,
): Promise<Account> {
  const { audit, upstream, directory, database } = fleet
  const tasks = await audit.rows<TaskRow>('select id, state, error from tasks')
  const attempts = await audit.rows<{ state: string }>('select state from attempts')
  const ledger = upstream.readLedger()
  const known = new Set(tasks.map(({ id }) => id))
  const countAll = async (queries: typeof MET): Promise<Counts> =>
    Object.fromEntries(
      await Promise.all(
        Object.entries(queries).map(async ([name, text]) => [name, await audit.count(text)] as const),
      ),
    )
  const { doubleClaims, brokenFences, changedEnds } = await audit.violations()
  const ended = tasks.filter(({ state }) => ENDS.includes(`'${state}'`))
  const isSound = database.kind !== 'sqlite' || (await database.audit.integrity()) === 'ok'
  return {
    attempts: { total: attempts.length, states: counted(attempts.map(({ state }) => state)) },
    provider: providerOf(ledger),
    states: counted(tasks.map(({ state }) => state)),
    endCodes: counted(tasks.flatMap(({ error }) => (error === null ? [] : [codeOf(error)]))),
    met: await countAll(MET),
    webhooks: { received: told.received, refused: told.refused, again: told.again },
    broken: {
      'accepted tasks lost': [...prompts.keys()].filter((id) => !known.has(id)).length,
      'tasks of no create': tasks.filter(({ id }) => !prompts.has(id)).length,
      'tasks that did not end': tasks.length - ended.length,
      ...billedWrong(tasks, ledger, prompts),
      ...(await countAll(HALVES)),
      'items taken from a holder with a lease': doubleClaims,
      'items with broken fences': brokenFences,
      'ends that changed': changedEnds,
      'tasks with wrong files': await wrongFiles(directory, tasks),
      'ends that the application did not accept': [...prompts.keys()].filter((id) => !told.has(id)).length,
      'ends told with several ids': told.withSeveralIds,
      'databases that are not sound': isSound ? 0 : 1,
    },
  }
}

const codeOf = (error: string): string => String((JSON.parse(error) as { code: unknown }).code)

function providerOf(ledger: readonly LedgerEntry[]): Account['provider'] {
  const { jobs, mostByPrompt } = summarise(ledger)
  const faults = counted(ledger.flatMap(({ fault }) => (fault === null ? [] : [fault])))
  return { posts: ledger.length, jobs, mostJobsPerTask: mostByPrompt, faults }
}

function billedWrong(
  tasks: readonly TaskRow[],
  ledger: readonly LedgerEntry[],
  prompts: ReadonlyMap<string, string>,
): Counts {
  const { jobsByPrompt } = summarise(ledger)
  const meant = new Set(prompts.values())
  const jobsOf = ({ id }: TaskRow): number => jobsByPrompt[prompts.get(id) ?? ''] ?? 0
  return {
    'tasks billed twice': Object.values(jobsByPrompt).filter((count) => count > 1).length,
    'completed tasks without exactly one job': tasks.filter(
      (task) => task.state === 'completed' && jobsOf(task) !== 1,
    ).length,
    'jobs of no task': Object.keys(jobsByPrompt).filter((prompt) => !meant.has(prompt)).length,
  }
}

/** A completed task has one video, which is the clip byte for byte; others have none. */
async function wrongFiles(directory: string, tasks: readonly TaskRow[]): Promise<number> {
  const clip = clipBytes('mp4')
  let wrong = 0
  for (const { id, state } of tasks) {
    const folder = join(directory, 'files', 'videos', id)
    const names = (await readdir(folder).catch(() => [])).filter((name) => name.includes('.video.'))
    const [name] = names
    const isRight =
      state === 'completed'
        ? names.length === 1 && name !== undefined && clip.equals(await readFile(join(folder, name)))
        : names.length === 0
    if (!isRight) wrong += 1
  }
  return wrong
}
