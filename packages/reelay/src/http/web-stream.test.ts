import assert from 'node:assert/strict'
import { Readable } from 'node:stream'
import { test } from 'node:test'
import { webStreamOf } from './web-stream.ts'

test('the bytes come as they are, and nothing is read before it is wanted', async () => {
  let read = 0
  const source = new Readable({
    highWaterMark: 1,
    read() {
      read += 1
      this.push(read > 3 ? null : Buffer.from([read]))
    },
  })
  const stream = webStreamOf(source)
  assert.equal(read, 0)
  const chunks: Uint8Array[] = []
  for await (const chunk of stream) chunks.push(chunk)
  assert.deepEqual(Buffer.concat(chunks), Buffer.from([1, 2, 3]))
})

test('who leaves closes the file, and a file that breaks off breaks the stream', async () => {
  const left = Readable.from([Buffer.from('a'), Buffer.from('b')])
  const reader = webStreamOf(left).getReader()
  await reader.read()
  await reader.cancel()
  assert.equal(left.destroyed, true)
  const broken = new Readable({
    read() {
      this.destroy(new Error('the disk is gone'))
    },
  })
  await assert.rejects(webStreamOf(broken).getReader().read(), /the disk is gone/)
})
