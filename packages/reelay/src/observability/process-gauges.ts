import { monitorEventLoopDelay } from 'node:perf_hooks'
import { Counter, Gauge, type Registry } from 'prom-client'

const RESOLUTION_MS = 20
const NANOSECONDS = 1e9
const MICROSECONDS = 1e6
const QUANTILES = [0.5, 0.99] as const

export type ProcessFacts = { version: string; role: string }

/** What a process uses, and how long its event loop keeps others waiting. Answers what ends the measuring. */
export function addProcessGauges(registry: Registry, { version, role }: ProcessFacts): () => void {
  const registers = [registry]
  const build = new Gauge({
    name: 'reelay_build_info',
    help: 'Always 1: the labels say what runs.',
    labelNames: ['version', 'node', 'role'],
    registers,
  })
  build.set({ version, node: process.version, role }, 1)
  addMemory(registers)
  const cpu = new Counter({
    name: 'process_cpu_seconds_total',
    help: 'Processor time of this process, in seconds.',
    registers,
    collect() {
      const { user, system } = process.cpuUsage()
      cpu.reset()
      cpu.inc((user + system) / MICROSECONDS)
    },
  })
  const startedAtS = Date.now() / 1_000 - process.uptime()
  new Gauge({
    name: 'process_start_time_seconds',
    help: 'When this process started, in Unix seconds.',
    registers,
  }).set(startedAtS)
  return addLoopDelay(registers)
}

/** A timer that is on time takes the resolution. */
const lateS = (nanoseconds: number): number => Math.max(0, nanoseconds / NANOSECONDS - RESOLUTION_MS / 1_000)

function addMemory(registers: Registry[]): void {
  const memory = new Gauge({
    name: 'process_memory_bytes',
    help: 'Memory of this process: resident in all, and of it what JavaScript uses and what buffers use.',
    labelNames: ['kind'],
    registers,
    collect() {
      const { rss, heapUsed, external } = process.memoryUsage()
      memory.set({ kind: 'resident' }, rss)
      memory.set({ kind: 'heap' }, heapUsed)
      memory.set({ kind: 'external' }, external)
    },
  })
}

/** Measured from the first scrape on: the timer behind it costs a process that nobody scrapes nothing. */
function addLoopDelay(registers: Registry[]): () => void {
  let delays: ReturnType<typeof monitorEventLoopDelay> | undefined
  const gauge = new Gauge({
    name: 'reelay_event_loop_delay_seconds',
    help: 'How late timers are since the scrape before: half and a hundredth of them more, and the worst.',
    labelNames: ['quantile'],
    registers,
    collect() {
      if (delays === undefined) {
        delays = monitorEventLoopDelay({ resolution: RESOLUTION_MS })
        delays.enable()
        return
      }
      if (delays.count === 0) return
      for (const share of QUANTILES)
        gauge.set({ quantile: String(share) }, lateS(delays.percentile(share * 100)))
      gauge.set({ quantile: '1' }, lateS(delays.max))
      delays.reset()
    },
  })
  return () => void delays?.disable()
}
