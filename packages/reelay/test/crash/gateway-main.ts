import type { Checkpoint } from '../../src/engine/context.ts'
import { createReelay } from '../../src/compose.ts'
import { loadConfig } from '../../src/config.ts'
import type { Provider } from '../../src/providers/provider.ts'
import { systemClock, type Clock } from '../../src/system/clock.ts'

/**
 * A gateway process for the crash tests: the real one, with looks every few milliseconds, that ends itself with SIGKILL
 * when it comes to a named point for the nth time. `CLOCK_AHEAD_MS` lets every deadline pass at once.
 */
const crashAt = process.env['CRASH_AT']
let visitsLeft = Number(process.env['CRASH_VISIT'] ?? '1')
const aheadMs = Number(process.env['CLOCK_AHEAD_MS'] ?? '0')

const clock: Clock = { ...systemClock, nowMs: () => systemClock.nowMs() + aheadMs }

async function checkpoint(point: Checkpoint): Promise<void> {
  if (point !== crashAt) return
  visitsLeft -= 1
  if (visitsLeft > 0) return
  process.kill(process.pid, 'SIGKILL')
  await new Promise(() => {})
}

const timing = {
  firstPollMs: 30,
  intervalMs: 30,
  intervalMaxMs: 100,
  missingGraceMs: 5_000,
  deadlineMs: 3_600_000,
}
const pacing = { perSecond: 2_000, burst: 2_000, inFlightMax: 1_000 }

const hurried = (_account: string, provider: Provider): Provider => ({
  ...provider,
  traits: { ...provider.traits, timing, pacing },
})

const reelay = await createReelay(loadConfig(process.env), { checkpoint, wrapProvider: hurried, clock })
const { url } = await reelay.listen()
await reelay.start()
process.stdout.write(`${JSON.stringify({ url })}\n`)
process.stdin.on('end', () => void reelay.stop())
process.stdin.resume()
