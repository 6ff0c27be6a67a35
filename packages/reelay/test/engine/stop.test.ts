import assert from 'node:assert/strict'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { createReelay } from '../../src/compose.ts'
import { loadConfig } from '../../src/config.ts'
import { silentLog } from '../../src/system/log.ts'
import { ScriptedProvider } from './scripted-provider.ts'

test(
  'a stop does not wait for the check of an account that only its own stop ends',
  { timeout: 5_000 },
  async (t) => {
    const directory = await mkdtemp(join(tmpdir(), 'reelay-stop-'))
    t.after(() => rm(directory, { recursive: true, force: true }))
    const isStopped = Promise.withResolvers<void>()
    const provider = Object.assign(new ScriptedProvider(), {
      check: async () => {
        await isStopped.promise
        return { ok: true, detail: '' } as const
      },
      stop: async () => isStopped.resolve(),
    })
    const reelay = await createReelay(loadConfig({ REELAY_DATA_DIR: directory }), {
      log: silentLog,
      providers: new Map([['scripted', provider]]),
    })
    await reelay.start()
    await reelay.stop()
    await assert.rejects(reelay.store.wake('video_1'), { name: 'StoreUnavailable' })
  },
)
