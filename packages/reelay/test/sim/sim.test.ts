import assert from 'node:assert/strict'
import { before, describe, test } from 'node:test'
import { lineOf } from './commands.ts'
import { planOfSeed, runPlan, simulate, type SequenceResult, type Totals } from './simulate.ts'
import { SIMULATED, textOf } from './simulated-invariants.ts'

const SEED = 1
const SEQUENCES = 100
const DISK_SEQUENCES = 25
const TIMEOUT_MS = 300_000

/** For whoever has to find out what went wrong. */
function told({ plan, broken, commands }: SequenceResult, store: string): string {
  const lines = plan.commands.slice(0, commands).map((command) => `  ${lineOf(command)}`)
  const replay = `npm run sim -- --seed ${plan.seed} --sequences 1 --store ${store}`
  return [`invariant ${broken[0]?.invariant}: ${broken[0]?.what}`, replay, ...lines].join('\n')
}

describe(`${SEQUENCES} simulated sequences`, { timeout: TIMEOUT_MS }, () => {
  let totals: Totals
  let failure: SequenceResult | undefined

  before(async () => {
    ;({ totals, failure } = await simulate({ seed: SEED, sequences: SEQUENCES, store: 'memory' }))
  })

  for (const number of SIMULATED) {
    test(`invariant ${number}: ${textOf(number)}`, () => {
      const isBroken = failure?.broken.some(({ invariant }) => invariant === number) ?? false
      assert.ok(!isBroken, failure === undefined ? '' : told(failure, 'memory'))
      assert.ok((totals.checks[number] ?? 0) > 0, 'it was never looked at')
    })
  }
})

test(`${DISK_SEQUENCES} sequences on a database file break no promise`, { timeout: TIMEOUT_MS }, async () => {
  const { totals, failure } = await simulate({ seed: SEED, sequences: DISK_SEQUENCES, store: 'disk' })
  assert.equal(failure, undefined, failure === undefined ? '' : told(failure, 'disk'))
  assert.equal(totals.sequences, DISK_SEQUENCES)
})

for (const store of ['memory', 'disk'] as const) {
  test(`a seed repeats its world, step by step (${store})`, { timeout: TIMEOUT_MS }, async () => {
    for (const seed of [3, 14, 159]) {
      const plan = planOfSeed(seed, store)
      const [first, second] = [await runPlan(plan, store), await runPlan(plan, store)]
      assert.equal(first.trace, second.trace, `seed ${seed}`)
      assert.deepEqual(first.checks, second.checks)
    }
    const [one, other] = [
      await runPlan(planOfSeed(1, store), store),
      await runPlan(planOfSeed(2, store), store),
    ]
    assert.notEqual(one.trace, other.trace)
  })
}
