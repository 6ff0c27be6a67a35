import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFile } from 'node:fs/promises'
import { setTimeout as sleep } from 'node:timers/promises'
import { startServer } from './child-server.ts'
import { median } from './median.ts'
import { temporaryDirectory } from './temporary-directory.ts'

const STARTS = 5
const IDLE_MS = 5_000
const KIB = 1_024

/** Time from process start to the first listening socket, and memory when nothing happens; bare Node as the baseline. */
export async function benchStartAndIdle(): Promise<void> {
  await using directory = await temporaryDirectory()
  const environment = { REELAY_DATA_DIR: directory.path, REELAY_PORT: '0' }
  const startsMs: number[] = []
  const bareMs: number[] = []
  for (let index = 0; index < STARTS; index += 1) {
    bareMs.push(await timeBareNode())
    const startedMs = performance.now()
    const server = await startServer('./gateway-server.ts', [], environment)
    startsMs.push(performance.now() - startedMs)
    await server.stop()
  }
  const server = await startServer('./gateway-server.ts', [], environment)
  await sleep(IDLE_MS)
  const status = await readFile(`/proc/${server.process.pid}/status`, 'utf8')
  const rssMegabytes = Number(/VmRSS:\s+(\d+)/.exec(status)?.[1] ?? 0) / KIB
  await server.stop()
  console.log(
    `Start to listening, from source: ${median(startsMs).toFixed(0)} ms (bare node -e 0: ${median(bareMs).toFixed(0)} ms)`,
  )
  console.log(`Idle memory after ${IDLE_MS / 1_000} s: ${rssMegabytes.toFixed(0)} MB resident`)
}

async function timeBareNode(): Promise<number> {
  const startedMs = performance.now()
  await once(spawn(process.execPath, ['-e', '0']), 'exit')
  return performance.now() - startedMs
}
