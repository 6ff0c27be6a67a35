import assert from 'node:assert/strict'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { createReelay } from './compose.ts'
import { loadConfig } from './config.ts'
import { silentLog } from './system/log.ts'

const fail = (): never => {
  throw new Error('no provider today')
}

test('when a later part cannot be made, the database is free for the next try', async () => {
  const directory = await mkdtemp(join(tmpdir(), 'reelay-compose-'))
  try {
    const files = join(directory, 'files')
    await writeFile(files, 'in the way')
    const config = loadConfig({ REELAY_DATA_DIR: directory, REELAY_PORT: '0' })
    await assert.rejects(createReelay(config, { log: silentLog }), { code: 'EEXIST' })
    await rm(files)
    await assert.rejects(createReelay(config, { log: silentLog, wrapProvider: fail }), /no provider today/)
    const reelay = await createReelay(config, { log: silentLog })
    assert.equal((await reelay.store.findProject('default'))?.id, 'default')
    await reelay.stop()
  } finally {
    await rm(directory, { recursive: true, force: true })
  }
})

test('the limits of the settings are the ones that hold', async () => {
  const directory = await mkdtemp(join(tmpdir(), 'reelay-compose-'))
  try {
    const settings = { REELAY_DATA_DIR: directory, REELAY_LIMITS: 'reads=2/m', REELAY_TRUST_PROXY: '1' }
    const reelay = await createReelay(loadConfig(settings), { log: silentLog })
    const look = async (authorization: string, client: string) => {
      const headers = { authorization, 'x-forwarded-for': client }
      const incoming = { socket: { remoteAddress: '10.0.0.1' } }
      const request = new Request('http://127.0.0.1/v1/models', { headers })
      return (await reelay.fetch(request, { incoming })).status
    }
    const known = `Bearer ${reelay.adminKey}`
    assert.deepEqual(
      [await look(known, '192.0.2.1'), await look(known, '192.0.2.1'), await look(known, '192.0.2.1')],
      [200, 200, 429],
    )
    let last = 401
    for (let count = 0; count < 600 && last === 401; count += 1) last = await look('Bearer x', '192.0.2.2')
    assert.deepEqual([last, await look('Bearer x', '192.0.2.3')], [429, 401])
    await reelay.stop()
  } finally {
    await rm(directory, { recursive: true, force: true })
  }
})
