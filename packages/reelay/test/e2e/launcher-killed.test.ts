import assert from 'node:assert/strict'
import { existsSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { serve } from './command-line.ts'

const BUILT = new URL('../../dist/cli/main.js', import.meta.url)

test(
  'a gateway whose launcher is killed ends in order and lets the next one start',
  { timeout: 60_000 },
  async (t) => {
    const dataDir = await mkdtemp(join(tmpdir(), 'reelay-launcher-'))
    t.after(() => rm(dataDir, { recursive: true, force: true }))
    const first = await serve({ REELAY_DATA_DIR: dataDir })
    first.signal('SIGKILL')
    // Its output closes only when the process behind the launcher is gone too.
    const { stdout } = await first.gone
    // Once it is built, the launcher is the gateway: there is nobody left to end in order.
    if (!existsSync(BUILT)) assert.match(stdout, /stopping: accepted tasks go on at the next start/)
    const second = await serve({ REELAY_DATA_DIR: dataDir })
    second.signal('SIGTERM')
    assert.equal((await second.gone).code, 0)
  },
)
