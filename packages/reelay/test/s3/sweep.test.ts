import assert from 'node:assert/strict'
import { Readable } from 'node:stream'
import { test } from 'node:test'
import { FileSweeper } from '../../src/engine/file-sweeper.ts'
import { silentLog } from '../../src/system/log.ts'
import { systemClock } from '../../src/system/clock.ts'
import { create, untilEnded } from '../e2e/client.ts'
import { openGateway } from '../e2e/open-gateway.ts'
import { openS3 } from './open-s3.ts'
import { BUCKET, S3_KEYS } from './s3-server.ts'

const DAY_MS = 24 * 3_600_000

test(
  'a loser that a crash left in a bucket is found a day later, and the winner stays',
  { timeout: 60_000 },
  async (t) => {
    await using s3 = await openS3()
    const { server } = s3
    const gateway = await openGateway({
      REELAY_STORAGE_URL: `s3://${BUCKET}/some/prefix?endpoint=${server.url}`,
      AWS_ACCESS_KEY_ID: S3_KEYS.accessKeyId,
      AWS_SECRET_ACCESS_KEY: S3_KEYS.secretAccessKey,
    })
    t.after(() => gateway.stop())
    const fields = { model: 'local/preview', prompt: 'a boat', seconds: '1', size: '320x180' }
    const { id } = await create(gateway, fields)
    assert.equal((await untilEnded(gateway, id)).status, 'completed')
    const winners = server.store.keys
    assert.equal(winners.length, 3)
    const put = (key: string) =>
      server.store.put(`some/prefix/${key}`, { content: Readable.from(['x']), sha256: undefined }, {}, true)
    await put(`videos/${id}/1.999.video.0.mp4`)
    await put('inputs/video_00000000000000000000000000/0.png')
    server.store.begin(`some/prefix/videos/${id}/1.998.video.0.mp4`, {})
    const deps = { clock: systemClock, random: () => 0, log: silentLog, ownerIds: ['one'] }
    const sweep = (ownerIds = deps.ownerIds) =>
      new FileSweeper({ ...deps, ownerIds, files: s3.files, store: gateway.reelay.store }).pass()
    await sweep()
    assert.equal(server.store.keys.length, winners.length + 3, 'with the mark of the owner')
    server.store.age(2 * DAY_MS)
    await sweep(['two'])
    assert.equal(server.store.keys.length, winners.length + 3)
    await sweep()
    const mark = 'some/prefix/reelay-owner'
    const unknown = 'some/prefix/inputs/video_00000000000000000000000000/0.png'
    assert.deepEqual(server.store.keys, [unknown, mark, ...winners].toSorted())
    assert.equal(server.store.uploads.size, 0)
    server.store.age(8 * DAY_MS)
    await sweep()
    assert.deepEqual(server.store.keys, [mark, ...winners].toSorted())
  },
)
