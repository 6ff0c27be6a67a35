import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { ProjectLimits } from '../store/store.ts'
import { TestClock } from '../system/test-clock.ts'
import { NO_LIMITS } from './limit-list.ts'
import { RateLimiter, type LimitedAct } from './rate-limiter.ts'

function start(own: Record<string, ProjectLimits> = {}) {
  const clock = new TestClock()
  const looks: string[] = []
  const limits = { ...NO_LIMITS, createsPerMinute: 3, readsPerMinute: 6 }
  const findProject = (id: string) => {
    looks.push(id)
    return { id, name: id, createdAtMs: 0, limits: own[id] ?? {} }
  }
  const rates = new RateLimiter({ store: { findProject }, clock, limits })
  const granted = (project: string, act: LimitedAct, tries = 50) =>
    Array.from({ length: tries }, () => rates.take(project, act)).filter((waitMs) => waitMs === 0).length
  return { clock, looks, own, rates, granted }
}

test('creates and reads have a bucket each, and so has each project', () => {
  const { granted } = start()
  assert.equal(granted('a', 'create'), 3)
  assert.equal(granted('a', 'read'), 6)
  assert.equal(granted('b', 'create'), 3)
})

test('a project’s own limits hold in the place of the gateway’s, null is none', async () => {
  const { granted, rates } = start({ a: { createsPerMinute: 1, readsPerMinute: null, inFlight: 7 } })
  assert.equal(granted('a', 'create'), 1)
  assert.equal(granted('a', 'read', 500), 500)
  assert.deepEqual(await rates.limitsOf('a'), {
    createsPerMinute: 1,
    readsPerMinute: null,
    inFlight: 7,
    perDay: null,
  })
})

test('the time to wait is the time until there is one', () => {
  const { clock, granted, rates } = start()
  granted('a', 'create')
  assert.equal(rates.take('a', 'create'), 20_000)
  clock.advance(20_000)
  assert.equal(rates.take('a', 'create'), 0)
})

test('a set clock changes nothing', () => {
  const { clock, granted } = start()
  granted('a', 'create')
  clock.setWall(3_600_000)
  assert.equal(granted('a', 'create'), 0)
  clock.setWall(-7_200_000)
  clock.advance(20_000)
  assert.equal(granted('a', 'create'), 1)
})

test('limits are looked up once in five seconds', () => {
  const { clock, granted, looks, own } = start()
  granted('a', 'read', 5)
  clock.advance(4_999)
  own['a'] = { createsPerMinute: 1 }
  granted('a', 'read', 5)
  assert.deepEqual(looks, ['a'])
  clock.advance(1)
  assert.equal(granted('a', 'create'), 1)
  assert.deepEqual(looks, ['a', 'a'])
})

test('a change through this process holds at once, and gives back nothing that was drawn', async () => {
  const { granted, own, rates } = start()
  assert.equal(granted('a', 'create'), 3)
  own['a'] = { createsPerMinute: 100 }
  assert.equal(granted('a', 'create'), 0)
  rates.reread('a')
  assert.equal((await rates.limitsOf('a')).createsPerMinute, 100)
  assert.equal(granted('a', 'create'), 0)
})
