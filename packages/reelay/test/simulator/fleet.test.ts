import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { createHash } from 'node:crypto'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { ANSWER_FAULTS, clipBytes } from '@reelay/simulator'
import { FLEET } from './fleet-members.ts'
import type { FleetEnd, FleetReport } from './fleet-main.ts'
import type { FleetPlan } from './fleet-orders.ts'

const SEED = 20_261
const TASKS = 1_000
/** Twice that many are run, to be compared. */
const TASKS_COMPARED = 168
const TIMEOUT_MS = 240_000
const REPORT_BYTES_MAX = 64 * 1024 * 1024
const CLIP_SHA256 = createHash('sha256').update(clipBytes('mp4')).digest('hex')

/** A create that meets one of these is accepted, or sent again because it surely was not. */
const HARMLESS: readonly (string | null)[] = [null, '429', 'slow', 'bad-gzip']
/** Codes of a create that was refused. */
const REFUSED = ['invalid_input', 'rejected_by_provider']

const run = promisify(execFile)

async function reportOf(plan: FleetPlan): Promise<FleetReport> {
  const main = fileURLToPath(new URL('fleet-main.ts', import.meta.url))
  const { stdout } = await run(process.execPath, [main, JSON.stringify(plan)], {
    maxBuffer: REPORT_BYTES_MAX,
  })
  return JSON.parse(stdout)
}

/** Whether a task ended as its job did, and there was one. */
function endsAsItsJob({ fails, failureCodes, state, code, sha256, jobs }: FleetEnd): boolean {
  if (jobs !== 1) return false
  return fails
    ? state === 'failed' && failureCodes.includes(code ?? '')
    : state === 'completed' && sha256 === CLIP_SHA256
}

/** What may come of a task whose create met something that may hide that it was accepted. */
function endsInDoubt(end: FleetEnd): boolean {
  const { dialect, state, code } = end
  if (state === 'error') return code === 'submit_outcome_unknown'
  if (state !== 'failed' || !REFUSED.includes(code ?? '')) return false
  // A server that renders while it is waited for has nothing under way once it says that it failed.
  return end.jobs === 0 || dialect === 'localai'
}

function check(end: FleetEnd): void {
  const { createFault, state, code, jobs } = end
  const told = JSON.stringify(end)
  assert.ok(jobs <= 1, told)
  if (HARMLESS.includes(createFault)) assert.ok(endsAsItsJob(end), told)
  else if (createFault === '400') assert.deepEqual([state, code, jobs], ['failed', 'invalid_input', 0], told)
  else assert.ok(endsAsItsJob(end) || endsInDoubt(end), told)
}

const count = (ends: readonly FleetEnd[], is: (end: FleetEnd) => boolean): number => ends.filter(is).length

const dialectsOf = (ends: readonly FleetEnd[], is: (end: FleetEnd) => boolean): ReadonlySet<string> =>
  new Set(ends.filter(is).map(({ dialect }) => dialect))

const mean = (ends: readonly FleetEnd[]): number =>
  ends.reduce((sum, { seconds }) => sum + seconds, 0) / ends.length

test(
  'with callbacks lost, and creates and looks going wrong, 1,000 tasks end rightly and none is billed twice',
  { timeout: TIMEOUT_MS },
  async (t) => {
    const { ends, leaks, looks, seconds } = await reportOf({
      seed: SEED,
      tasks: TASKS,
      faults: true,
      callbacks: 'lost',
    })
    assert.equal(ends.length, TASKS)
    for (const end of ends) check(end)
    assert.equal(leaks, 0)
    assert.deepEqual(
      dialectsOf(ends, () => true),
      new Set(FLEET.map(({ dialect }) => dialect)),
    )
    const met = new Set(ends.map(({ createFault }) => createFault))
    assert.deepEqual(
      ANSWER_FAULTS.filter((fault) => !met.has(fault)),
      [],
    )
    const completed = count(ends, ({ state }) => state === 'completed')
    const failed = count(ends, ({ state }) => state === 'failed')
    const unknown = count(ends, ({ state }) => state === 'error')
    const found = count(ends, (end) => !HARMLESS.includes(end.createFault) && endsAsItsJob(end))
    assert.ok(completed > TASKS / 2 && failed > 0 && found > 0)
    t.diagnostic(`${TASKS} tasks at ${FLEET.length} providers, seed ${SEED}, ${looks} looks in ${seconds} s`)
    t.diagnostic(
      `${completed} completed, ${failed} failed, ${unknown} unknown; ${found} lost creates found again`,
    )
  },
)

test(
  'callbacks five times over, shuffled, a fifth forged and lying, change nothing but when jobs are looked at',
  { timeout: TIMEOUT_MS },
  async (t) => {
    const plan = { seed: SEED, tasks: TASKS_COMPARED, faults: false }
    const [quiet, loud] = await Promise.all([
      reportOf({ ...plan, callbacks: 'lost' }),
      reportOf({ ...plan, callbacks: 'loud' }),
    ])
    for (const end of [...quiet.ends, ...loud.ends]) assert.ok(endsAsItsJob(end), JSON.stringify(end))
    assert.deepEqual(
      loud.ends.map(({ stored }) => stored),
      quiet.ends.map(({ stored }) => stored),
    )
    assert.deepEqual([quiet.leaks, loud.leaks], [0, 0])
    const verdicts = loud.ends.flatMap(({ callbacks }) => callbacks)
    assert.deepEqual(new Set(verdicts), new Set(['trusted', 'unsigned', 'forged']))
    assert.deepEqual(
      dialectsOf(loud.ends, ({ callbacks }) => callbacks.length > 0),
      dialectsOf(loud.ends, ({ isCalled }) => isCalled),
    )
    assert.deepEqual(
      dialectsOf(quiet.ends, ({ callbacks }) => callbacks.length > 0),
      new Set(),
    )
    assert.ok(mean(loud.ends) < mean(quiet.ends), 'ends are seen sooner')
    t.diagnostic(`${loud.callbacks} callbacks arrived, ${verdicts.length} of them news`)
    t.diagnostic(`ends seen after: ${mean(quiet.ends).toFixed(1)} s, ${mean(loud.ends).toFixed(1)} s`)
  },
)
