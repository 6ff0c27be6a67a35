import { appendFileSync, readdirSync } from 'node:fs'
import { monitorEventLoopDelay } from 'node:perf_hooks'
import { createReelay, loadConfig } from 'reelay'

/**
 * The gateway as shipped, which writes a line about itself into the file of its first argument, every so many milliseconds as
 * its second one says.
 */
const [path = '', everyMs = '1000'] = process.argv.slice(2)
const NANOSECONDS_PER_MS = 1e6
const P99 = 99

const reelay = await createReelay(loadConfig(process.env))
const { url } = await reelay.listen()
await reelay.start()
const delay = monitorEventLoopDelay()
delay.enable()
const sampling = setInterval(sample, Number(everyMs))
process.stdout.write(`${JSON.stringify({ url })}\n`)
process.once('SIGTERM', () => {
  clearInterval(sampling)
  void reelay.stop()
})

/** Every kind of thing that keeps the process alive, by its number. */
function resources(): Record<string, number> {
  const counts: Record<string, number> = {}
  for (const name of process.getActiveResourcesInfo()) counts[name] = (counts[name] ?? 0) + 1
  return counts
}

const listeners = (): number =>
  process.eventNames().reduce((sum, name) => sum + process.listenerCount(name), 0)

function sample(): void {
  const { rss, heapUsed } = process.memoryUsage()
  const line = {
    atMs: Math.round(performance.now()),
    rss,
    heapUsed,
    resources: resources(),
    listeners: listeners(),
    descriptors: readdirSync('/proc/self/fd').length,
    delayP99Ms: delay.percentile(P99) / NANOSECONDS_PER_MS,
  }
  delay.reset()
  appendFileSync(path, `${JSON.stringify(line)}\n`)
}
