import assert from 'node:assert/strict'
import { test } from 'node:test'
import { compareAt } from './compare.ts'
import { DRIFTING, STEADY } from './distributions.ts'
import { KnownLooks } from './known-looks.ts'
import { eagernessOf } from './learned-looks.ts'

/** A small part of `npm run polling`: as many jobs to learn from, fewer sets. */
const BUDGET = { seed: 11, sets: 2, trained: 200, tested: 600 }
const TARGETS = [
  { looks: 3, ratioMax: 1.15 },
  { looks: 9, ratioMax: 1.25 },
]
const DRIFTING_RATIO_MAX = 1.5

for (const distribution of [...STEADY, ...DRIFTING]) {
  const known = new KnownLooks(distribution)
  for (const { looks, ratioMax } of TARGETS) {
    test(`learned from 200 jobs, about ${looks} looks come near the optimum: ${distribution.name}`, async () => {
      const eagerness = eagernessOf(known.optimumAt(looks).priceMs)
      const compared = await compareAt(distribution, known, eagerness, BUDGET)
      const limit = DRIFTING.includes(distribution) ? DRIFTING_RATIO_MAX : ratioMax
      assert.ok(compared.ratio <= limit, `${compared.ratio} of the optimum`)
      assert.ok(compared.worstToFixed < 1, `${compared.worstToFixed} of the fixed interval`)
      assert.ok(Math.abs(compared.looks - looks) < looks / 2, `${compared.looks} looks`)
    })
  }
}

test('the optimum is what is known of it by reckoning: a uniform distribution, looked at once', () => {
  const known = new KnownLooks(STEADY.find(({ name }) => name.startsWith('uniform')) ?? assert.fail())
  // At nine looks pauses are about 13 s in the beginning and shrink: less than half of the pause of even ones.
  const even = 120_000 / (2 * 9 - 1) / 2
  assert.ok(known.optimumAt(9).delayMs < even)
  assert.ok(known.optimumAt(9).delayMs > even * 0.7)
  assert.ok(known.optimumAt(9).delayMs < known.fixedAt(9))
  assert.ok(known.fixedAt(9) < known.backoffAt(9))
})
