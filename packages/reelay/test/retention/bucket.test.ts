import assert from 'node:assert/strict'
import { Readable } from 'node:stream'
import { test } from 'node:test'
import { openS3 } from '../s3/open-s3.ts'
import { DAY_MS, KeptGateway } from './kept-gateway.ts'

test(
  'files in a bucket go in the same way, and a bucket that is away keeps the rows',
  { timeout: 60_000 },
  async () => {
    await using s3 = await openS3()
    await using g = await KeptGateway.open()
    await g.subject.store.close()
    await g.boot(s3.files)
    const task = await g.completed(DAY_MS)
    const longer = await g.completed(90 * DAY_MS)
    const loser = `some/prefix/videos/${task.id}/1.9.video.0.mp4`
    await s3.server.store.put(loser, { content: Readable.from(['x']), sha256: undefined }, {}, true)
    assert.equal(s3.server.store.keys.length, 5)
    g.clock.advance(2 * DAY_MS)
    const away = { removeFolder: () => Promise.reject(new Error('away')) }
    await g.purge({ files: away })
    assert.equal((await g.subject.store.artifacts(task.id)).length, 2)
    await g.purge()
    assert.ok(s3.server.store.keys.every((key) => key.includes(longer.id)))
    assert.equal(s3.server.store.keys.length, 2)
    assert.deepEqual(await g.subject.store.artifacts(task.id), [])
  },
)
