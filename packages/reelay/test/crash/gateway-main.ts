import { once } from 'node:events'
import { createInterface } from 'node:readline'
import type { Checkpoint, Inspector } from '../../src/engine/context.ts'
import { createReelay } from '../../src/compose.ts'
import { loadConfig } from '../../src/config.ts'
import type { Provider } from '../../src/providers/provider.ts'
import { probeVideo } from '../../src/media/probe.ts'
import type { Clock } from '../../src/system/clock.ts'
import { systemIds, type Ids } from '../../src/system/ids.ts'
import { JumpClock } from '../e2e/jump-clock.ts'
import { commandSchema } from './gateway-command.ts'

/**
 * A gateway process for the crash tests: the real one, with looks every few milliseconds, that ends itself with SIGKILL
 * when it comes to a named point for the nth time. `CLOCK_AHEAD_MS` lets every deadline pass at once.
 *
 * `STOP_AT` names points: at each of them the next task that comes there is held. When all are reached, the process stops
 * itself with SIGSTOP; once it is continued, all go on. `OWNER` is its name in leases, `LEASE_MS`
 * how long they last, `LOOK_MS` the pause between looks, and `STEPS_MAX` how many steps run at a time. With `SLEEP_MS_MAX`
 * nobody sleeps longer than that: what waits for an answer gives up by then. `STILLS=off`: no posters. `STANDBY=on`: the
 * code is loaded, and nothing happens before the first command. Commands come as lines on the standard input; its end is
 * a clean end.
 */
const crashAt = process.env['CRASH_AT']
let visitsLeft = Number(process.env['CRASH_VISIT'] ?? '1')
const stopAt = process.env['STOP_AT']?.split(',') ?? []
const continued = Promise.withResolvers<void>()
const owner = process.env['OWNER']
const leaseMs = process.env['LEASE_MS']
const lookMs = process.env['LOOK_MS']
const stepsMax = process.env['STEPS_MAX']
const sleepMsMax = Number(process.env['SLEEP_MS_MAX'] ?? Infinity)

const jumps = new JumpClock(Number(process.env['CLOCK_AHEAD_MS'] ?? '0'))
const clock: Clock = {
  nowMs: () => jumps.nowMs(),
  monotonicMs: () => jumps.monotonicMs(),
  sleep: (ms, signal) => jumps.sleep(Math.min(ms, sleepMsMax), signal),
}

const begun = Promise.withResolvers<void>()
const commands = createInterface({ input: process.stdin })
const ended = once(commands, 'close')
commands.on('line', (line) => {
  const command = commandSchema.parse(JSON.parse(line))
  if (command.do === 'begin') begun.resolve()
  if (command.do === 'jump') jumps.jump(command.ms)
  if (command.do === 'set-wall') jumps.setWall(command.aheadMs)
})

const ids: Ids = {
  ...systemIds,
  id: (prefix, nowMs) => (prefix === 'worker' && owner !== undefined ? owner : systemIds.id(prefix, nowMs)),
}

async function checkpoint(point: Checkpoint, taskId: string): Promise<void> {
  if (stopAt.includes(point)) await hold(point, taskId)
  if (point !== crashAt) return
  visitsLeft -= 1
  if (visitsLeft > 0) return
  process.kill(process.pid, 'SIGKILL')
  await new Promise(() => {})
}

/** Whoever reads the line sees it before the process stands still: writing to a pipe waits. */
async function hold(point: Checkpoint, taskId: string): Promise<void> {
  stopAt.splice(stopAt.indexOf(point), 1)
  process.stdout.write(`${JSON.stringify({ point, taskId })}\n`)
  if (stopAt.length > 0) return continued.promise
  process.kill(process.pid, 'SIGSTOP')
  continued.resolve()
}

const timing = {
  firstPollMs: Number(lookMs ?? 30),
  intervalMs: Number(lookMs ?? 30),
  intervalMaxMs: Number(lookMs ?? 100),
  missingGraceMs: 5_000,
  deadlineMs: 3_600_000,
}
/** More at a time than any test leaves without an answer. */
const pacing = { perSecond: 2_000, burst: 2_000, inFlightMax: 100_000 }

const hurried = (account: string, provider: Provider): Provider =>
  account === 'local' ? provider : { ...provider, traits: { ...provider.traits, timing, pacing } }

const withoutStills: Inspector = { probe: probeVideo, poster: () => Promise.resolve(undefined) }

if (process.env['STANDBY'] === 'on') await begun.promise
const reelay = await createReelay(loadConfig(process.env), {
  checkpoint,
  wrapProvider: hurried,
  clock,
  ids,
  ...(leaseMs === undefined ? {} : { leaseMs: Number(leaseMs) }),
  ...(process.env['STILLS'] === 'off' ? { inspector: withoutStills } : {}),
  ...(stepsMax === undefined ? {} : { stepsMax: Number(stepsMax) }),
})
const { url } = await reelay.listen()
await reelay.start()
process.stdout.write(`${JSON.stringify({ url })}\n`)
await ended
await reelay.stop()
