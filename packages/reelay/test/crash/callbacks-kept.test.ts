import assert from 'node:assert/strict'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { after, test } from 'node:test'
import { seedAttempts } from '../../../../bench/seed-attempts.ts'
import { GatewayProcess } from './gateway-process.ts'

const KILLS = 3
/** No text: a byte that is decoded and encoded again is another one. */
const bodyOf = (index: number): Buffer => Buffer.from([0x7b, 0xff, 0x22, 0xfe, 0x00, index, 0x7d])

const directory = await mkdtemp(join(tmpdir(), 'reelay-callbacks-'))
after(() => rm(directory, { recursive: true, force: true }))

test('a callback that was answered is there after a kill, byte for byte', { timeout: 60_000 }, async () => {
  const tokens = await seedAttempts(directory, { account: 'replicate', count: KILLS })
  for (const [index, token] of tokens.entries()) {
    const gateway = await GatewayProcess.start({
      REELAY_DATA_DIR: directory,
      REPLICATE_API_TOKEN: 'of nobody',
      REPLICATE_BASE_URL: 'http://127.0.0.1:9',
    })
    const url = `${gateway.url}/hooks/replicate/${token}`
    const answer = await fetch(url, { method: 'POST', body: new Uint8Array(bodyOf(index)) })
    await gateway.kill()
    assert.equal(answer.status, 200)
  }
  using database = new DatabaseSync(join(directory, 'reelay.db'), { readOnly: true })
  const rows = database.prepare('select body from callbacks_in').all()
  const kept = rows.map(({ body }) => Buffer.from(body as Uint8Array).toString('hex'))
  assert.deepEqual(
    kept.toSorted(),
    tokens.map((_, index) => bodyOf(index).toString('hex')),
  )
})
