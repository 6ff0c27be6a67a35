import assert from 'node:assert/strict'
import { test } from 'node:test'
import { PartBuffers, type PartBuffer } from './part-buffers.ts'

const NEVER = new AbortController().signal

test('no more memory than promised is on loan, and what comes back is used again, in order', async () => {
  const buffers = new PartBuffers(16, 2)
  const first = await buffers.take(NEVER)
  await buffers.take(NEVER)
  const served: string[] = []
  const wait = async (name: string): Promise<PartBuffer> => {
    const buffer = await buffers.take(NEVER)
    served.push(name)
    return buffer
  }
  const third = wait('third')
  const fourth = wait('fourth')
  await new Promise((resolve) => setImmediate(resolve))
  assert.deepEqual(served, [])
  first[Symbol.dispose]()
  const lent = await third
  assert.equal(lent.bytes, first.bytes)
  assert.deepEqual(served, ['third'])
  lent[Symbol.dispose]()
  assert.equal((await fourth).bytes, first.bytes)
})

test('who is ended while waiting gets none, and keeps none from others', async () => {
  const buffers = new PartBuffers(16, 1)
  const lent = await buffers.take(NEVER)
  const ended = new AbortController()
  const waiting = buffers.take(ended.signal)
  ended.abort(new Error('stopped'))
  await assert.rejects(waiting, /the wait for a part was ended/)
  await assert.rejects(buffers.take(ended.signal), /stopped/)
  const next = buffers.take(NEVER)
  lent[Symbol.dispose]()
  assert.equal((await next).bytes, lent.bytes)
})
