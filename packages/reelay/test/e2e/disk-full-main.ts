import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { createHash } from 'node:crypto'
import { startSimulator } from '@reelay/simulator'
import { fillDisk, freeDisk, mountSmallDisk } from '../support/small-disk.ts'
import { ask, create, untilEnded } from './client.ts'
import { JumpClock } from './jump-clock.ts'
import { openGateway } from './open-gateway.ts'
import { hasEvent, untilCommitted } from './until-committed.ts'

/**
 * A gateway whose files are on a small file system that is full. To be run in a mount namespace of its
 * own: the mount then ends with this process, however that ends. Prints what it saw as one line of JSON.
 */
const DISK_BYTES = 2 * 1024 * 1024
const RECHECK_MS = 31_000

const [directory = ''] = process.argv.slice(2)
const disk = join(directory, 'disk')
await mkdir(disk)
await mountSmallDisk(disk, DISK_BYTES)

const clock = new JumpClock()
const upstream = await startSimulator({ dialect: 'comet', dripMs: 1 })
const settings = { REELAY_PROVIDERS: 'cometapi', COMETAPI_KEY: 'test-key', COMETAPI_BASE_URL: upstream.url }
const gateway = await openGateway(
  { ...settings, REELAY_STORAGE_URL: `file:${join(disk, 'files')}` },
  { clock },
)
const { reelay } = gateway

const blocksFree = await fillDisk(disk)
const paused = untilCommitted(reelay, (move) => hasEvent(move, 'archive.faulted'))
const { id } = await create(gateway, { model: 'wan2.6', prompt: 'full' })
await paused
const whilePaused = await ask(gateway, `/v1/videos/${id}`)
const content = await ask(gateway, `/v1/videos/${id}/content`)

// Still full at the next check.
const checked = untilCommitted(reelay, (move) => move.claim.taskId === id)
clock.jump(RECHECK_MS)
await checked
const stateAfterCheck = (await reelay.store.loadTask(id))?.state

await freeDisk(disk)
clock.jump(RECHECK_MS)
const end = await untilEnded(gateway, id)
const bytes = (await ask(gateway, `/v1/videos/${id}/content`)).bytes
const timeline = await reelay.store.timeline(id)
const faults = timeline.filter(({ kind }) => kind === 'archive.faulted').map(({ data }) => data)
await gateway.stop()
await upstream.close()
process.stdout.write(
  `${JSON.stringify({
    blocksFree,
    whilePaused: whilePaused.json,
    contentStatus: content.status,
    stateAfterCheck,
    end,
    sha256: createHash('sha256').update(bytes).digest('hex'),
    faults,
    creates: upstream.ledger.length,
  })}\n`,
)
