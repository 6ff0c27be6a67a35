import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Slots } from './slots.ts'

const never = new AbortController().signal

/** Whether a promise is settled once everything that is ready has run. */
async function isSettled(promise: Promise<unknown>): Promise<boolean> {
  let settled = false
  const note = (): void => {
    settled = true
  }
  promise.then(note, note)
  await new Promise((resolve) => setImmediate(resolve))
  return settled
}

test('no more are served at a time than there are slots, and waiters in order', async () => {
  const slots = new Slots(2)
  const first = await slots.take(never)
  const second = await slots.take(never)
  const third = slots.take(never)
  const fourth = slots.take(never)
  assert.equal(await isSettled(third), false)
  second[Symbol.dispose]()
  assert.deepEqual([await isSettled(third), await isSettled(fourth)], [true, false])
  first[Symbol.dispose]()
  assert.equal(await isSettled(fourth), true)
  const fifth = slots.take(never)
  assert.equal(await isSettled(fifth), false)
  const served = await third
  served[Symbol.dispose]()
  assert.equal(await isSettled(fifth), true)
})

test('the waiter whose time is up first is served first, and those without a time last', async () => {
  const slots = new Slots(1)
  const first = await slots.take(never)
  const order: string[] = []
  const wait = async (name: string, byMs?: number): Promise<void> => {
    using _slot = await slots.take(never, byMs)
    order.push(name)
  }
  const all = [
    wait('whenever'),
    wait('late', 300),
    wait('soon', 100),
    wait('soon too', 100),
    wait('then', 200),
  ]
  first[Symbol.dispose]()
  await Promise.all(all)
  assert.deepEqual(order, ['soon', 'soon too', 'then', 'late', 'whenever'])
})

test('a waiter that gives up leaves its place, and takes nobody’s slot', async () => {
  const slots = new Slots(1)
  const first = await slots.take(never)
  const impatient = new AbortController()
  const second = slots.take(impatient.signal)
  const third = slots.take(never)
  impatient.abort(new Error('stopped'))
  await assert.rejects(second, /wait for a slot was ended/)
  first[Symbol.dispose]()
  assert.equal(await isSettled(third), true)
})

test('an abort after the slot was given changes nothing', async () => {
  const slots = new Slots(1)
  const stop = new AbortController()
  const first = await slots.take(stop.signal)
  stop.abort()
  const second = slots.take(never)
  assert.equal(await isSettled(second), false)
  first[Symbol.dispose]()
  assert.equal(await isSettled(second), true)
})

test('an aborted signal never gets a slot', async () => {
  const slots = new Slots(1)
  await assert.rejects(slots.take(AbortSignal.abort(new Error('stopped'))), /stopped/)
  assert.equal(await isSettled(slots.take(never)), true)
})

test('who wants several waits until so many are free, and nobody who comes later is served before', async () => {
  const slots = new Slots(10)
  const six = await slots.take(never, Infinity, 6)
  const eight = slots.take(never, Infinity, 8)
  assert.equal(await isSettled(eight), false)
  assert.equal(slots.tryTake(1), undefined)
  const two = slots.take(never, Infinity, 2)
  assert.equal(await isSettled(two), false)
  six[Symbol.dispose]()
  assert.deepEqual([await isSettled(eight), await isSettled(two)], [true, true])
  assert.equal(slots.tryTake(), undefined)
  const held = await eight
  held[Symbol.dispose]()
  assert.ok(slots.tryTake(8))
})

test('when who wants many gives up, those behind are served', async () => {
  const slots = new Slots(2)
  await slots.take(never)
  const impatient = new AbortController()
  const both = slots.take(impatient.signal, Infinity, 2)
  const one = slots.take(never)
  assert.equal(await isSettled(one), false)
  impatient.abort()
  await assert.rejects(both)
  assert.equal(await isSettled(one), true)
})
