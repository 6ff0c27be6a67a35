import { createVault, type Vault } from '../../src/system/vault.ts'
import { TERMINAL_EVENT_TYPES, VIDEO_EVENT_TYPES } from '../../src/task/video-event.ts'
import { endpointPurpose } from '../../src/webhooks/webhook-secret.ts'
import type { StoreKind } from './base-store.ts'
import { Chance } from './chance.ts'
import { checkRows, healAndCheck } from './check-world.ts'
import { planOf, type Command, type Plan } from './commands.ts'
import type { Broken } from './findings.ts'
import type { Invariant } from './simulated-invariants.ts'
import { ADDRESSES } from './receivers.ts'
import { actorsIn, runCommand } from './run-command.ts'
import { SIM_VAULT_KEY, World } from './world.ts'

/** The world's chance must not repeat that of its plan. */
const WORLD_SALT = 0x5eed
const MS_PER_HOUR = 3_600_000
/** Runs that one shrinking may take. */
const SHRINK_RUNS_MAX = 300

export type SequenceResult = {
  plan: Plan
  broken: readonly Broken[]
  checks: ReadonlyMap<Invariant, number>
  commands: number
  steps: number
  simulatedMs: number
  /** The same for the same plan, always. */
  trace: number
}

const vault: Vault = createVault([SIM_VAULT_KEY])

export function planOfSeed(seed: number, store: StoreKind): Plan {
  // A database file has one owner.
  return planOf(seed, new Chance(seed), store === 'disk' ? 1 : 2)
}

/** Runs one sequence in a world of its own, until its end or the first broken promise. */
export async function runPlan(plan: Plan, store: StoreKind): Promise<SequenceResult> {
  const { seed, commands } = plan
  const world = await World.open({ ...plan, seed: seed ^ WORLD_SALT, store })
  const actors = actorsIn(world)
  await addEndpoints(world)
  let done = 0
  try {
    for (const command of commands) {
      await runCommand(world, actors, command)
      world.note(command.do)
      done += 1
      checkRows(world, actors)
      if (world.findings.broken.length > 0) break
    }
    if (world.findings.broken.length === 0) await healAndCheck(world, actors)
  } finally {
    await world.close()
  }
  const { findings, steps, trace } = world
  const simulatedMs = world.time.clock.monotonicMs()
  const { broken, checks } = findings
  return { plan, broken, checks, commands: done, steps, simulatedMs, trace }
}

async function addEndpoints(world: World): Promise<void> {
  for (const [name, url] of Object.entries(ADDRESSES)) {
    const id = `ep_${name}`
    const sealed = vault.seal('whsec_c2ltdWxhdGVk', endpointPurpose(id))
    const endpoint = {
      id,
      projectId: 'default',
      url,
      description: null,
      events: name === 'good' ? VIDEO_EVENT_TYPES : TERMINAL_EVENT_TYPES,
      payload: 'full',
      secrets: [{ sealed, createdAtMs: world.nowMs, expiresAtMs: null }],
      disabledReason: null,
      createdAtMs: world.nowMs,
    } as const
    await world.store.webhooks.createEndpoint(endpoint, Infinity)
  }
}

/** The fewest commands of a plan that still break the same promise, as far as leaving out one stretch at a time finds them. */
export async function shrink(plan: Plan, store: StoreKind, invariant: Invariant): Promise<Plan> {
  let least = plan
  let runs = 0
  for (let size = Math.ceil(plan.commands.length / 2); size >= 1; size = Math.floor(size / 2)) {
    for (let start = 0; start < least.commands.length;) {
      runs += 1
      if (runs > SHRINK_RUNS_MAX) return least
      const commands: readonly Command[] = least.commands.toSpliced(start, size)
      const { broken } = await runPlan({ ...least, commands }, store)
      if (broken[0]?.invariant === invariant) least = { ...least, commands }
      else start += size
    }
  }
  return least
}

export type Totals = {
  sequences: number
  commands: number
  steps: number
  simulatedHours: number
  checks: Record<string, number>
}

/** Runs the sequences of so many seeds, beginning with `seed`, and stops at the first that breaks a promise. */
export async function simulate(options: {
  seed: number
  sequences: number
  store: StoreKind
  progress?: (totals: Totals) => void
}): Promise<{ totals: Totals; failure: SequenceResult | undefined }> {
  const totals: Totals = { sequences: 0, commands: 0, steps: 0, simulatedHours: 0, checks: {} }
  for (let index = 0; index < options.sequences; index += 1) {
    const result = await runPlan(planOfSeed(options.seed + index, options.store), options.store)
    totals.sequences += 1
    totals.commands += result.commands
    totals.steps += result.steps
    totals.simulatedHours += result.simulatedMs / MS_PER_HOUR
    for (const [invariant, count] of result.checks)
      totals.checks[invariant] = (totals.checks[invariant] ?? 0) + count
    if (result.broken.length > 0) return { totals, failure: result }
    options.progress?.(totals)
  }
  return { totals, failure: undefined }
}
