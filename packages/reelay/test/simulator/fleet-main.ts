import type { Artifact } from '../../src/store/store.ts'
import type { Task } from '../../src/task/task.ts'
import { Fleet } from './fleet.ts'
import { ordersOf, type FleetPlan, type Order } from './fleet-orders.ts'

/** What came of one task, as the store and the provider's ledger have it. */
export type FleetEnd = {
  dialect: string
  prompt: string
  fails: boolean
  failureCodes: readonly string[]
  createFault: string | null
  state: string
  code: string | null
  /** Of its video; null without one. */
  sha256: string | null
  /** How many jobs its provider made for it. */
  jobs: number
  /** Until it ended. */
  seconds: number
  /** Whether its provider calls back at all. */
  isCalled: boolean
  /** What the gateway made of the callbacks about it. */
  callbacks: readonly string[]
  /** Everything that is stored of it but its names, its times and what follows from them. */
  stored: unknown
}

export type FleetReport = {
  ends: readonly FleetEnd[]
  /** Keys that were seen where none belongs. */
  leaks: number
  callbacks: number
  looks: number
  /** From the first create to the last end, by the fleet's clock. */
  seconds: number
}

/** Ids and ports are drawn anew in each run; progress and versions follow from when a job was looked at. */
function storedOf({ attempt, outputs, ...task }: Task, artifacts: readonly Artifact[]): unknown {
  const { id: _id, progress: _progress, version: _version, request, ...rest } = task
  const untimed = Object.entries(rest).filter(([name]) => !name.endsWith('AtMs'))
  const prompt = request.prompt.replace(/\[up:callback=[^\]]*\]/, '')
  const sent = attempt === null ? null : [attempt.n, attempt.account, attempt.model, attempt.state]
  const made = artifacts.map(({ storageKey: _key, ...artifact }) => artifact)
  return {
    ...Object.fromEntries(untimed),
    request: { ...request, prompt },
    sent,
    outputs: outputs?.map(({ role }) => role) ?? null,
    made,
  }
}

async function endOf(
  fleet: Fleet,
  { member, prompt, fails, createFault }: Order,
  id: string,
): Promise<FleetEnd> {
  const task = await fleet.store.loadTask(id)
  if (task === undefined) throw new Error(`The task ${id} is gone.`)
  const artifacts = await fleet.store.artifacts(id)
  const timeline = await fleet.store.timeline(id)
  const entries = fleet.simulatorOf(member.dialect).ledger.filter((entry) => entry.prompt === prompt)
  return {
    dialect: member.dialect,
    prompt,
    fails,
    failureCodes: member.failureCodes ?? ['provider_failed'],
    createFault,
    state: task.state,
    code: task.error?.code ?? null,
    sha256: artifacts.find(({ role }) => role === 'video')?.sha256 ?? null,
    jobs: entries.filter(({ accepted, repeated }) => accepted && !repeated).length,
    seconds: ((task.completedAtMs ?? task.updatedAtMs) - task.createdAtMs) / 1000,
    isCalled: fleet.callsBack(member.dialect),
    callbacks: timeline.flatMap(({ kind, data }) =>
      kind === 'callback.received' ? String(data?.['verdict']) : [],
    ),
    stored: storedOf(task, artifacts),
  }
}

async function report(plan: FleetPlan): Promise<FleetReport> {
  await using fleet = await Fleet.open()
  const orders = ordersOf(plan)
  const startMs = fleet.clock.nowMs()
  const ids: string[] = []
  for (const { member, prompt } of orders) ids.push(await fleet.create(member, prompt))
  await fleet.untilEnded(ids)
  const seconds = Math.round((fleet.clock.nowMs() - startMs) / 1000)
  const ends = await Promise.all(orders.map(async (order, index) => endOf(fleet, order, ids[index] ?? '')))
  const requests = fleet.simulators.flatMap((simulator) => simulator.requests)
  return {
    ends,
    leaks: fleet.simulators.reduce((sum, { leaks }) => sum + leaks.length, 0),
    callbacks: fleet.callbacksArrived,
    looks: requests.filter(({ point }) => point === 'poll').length,
    seconds,
  }
}

// A process of its own: the test runner watches every promise, and a fleet makes millions.
const plan: FleetPlan = JSON.parse(process.argv[2] ?? '{}')
process.stdout.write(JSON.stringify(await report(plan)))
