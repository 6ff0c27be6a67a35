import { execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { setTimeout as sleep } from 'node:timers/promises'
import { promisify } from 'node:util'
import { IMAGE_OPTIONS, startServer, type ChildServer } from './child-server.ts'
import { atMost, plain, type BenchOptions, type Figure } from './figure.ts'
import { median } from './median.ts'
import { cpuSeconds, residentBytes } from './resident.ts'
import { temporaryDirectory } from './temporary-directory.ts'

const STARTS = 5
const IDLE_MS = 20_000
const IDLE_SHORT_MS = 3_000
/** What a start leaves to be done. */
const SETTLE_MS = 3_000
const MEGABYTE = 1e6
const IDLE_MEGABYTES_MAX = 120
const START_MS_MAX = 1_000
const KEY = 'rk_bench_key_000000000000000000000000000000'

type Idle = { megabytes: number; cpuShare: number }

type Start = { listeningMs: number; acceptedMs: number }

/** From the start of a process to its first listening socket and its first task; what it costs to do nothing. Bare Node is the baseline. */
export async function benchStartAndIdle({ isShort }: BenchOptions): Promise<readonly Figure[]> {
  await using directory = await temporaryDirectory()
  const environment = { REELAY_DATA_DIR: directory.path, REELAY_PORT: '0', REELAY_API_KEY: KEY }
  const open = (): Promise<ChildServer> => startServer('./gateway-server.ts', ['start'], environment)
  const starts: Start[] = []
  const bareMs: number[] = []
  for (let index = 0; index < STARTS; index += 1) {
    bareMs.push(await timeBareNode())
    const startedMs = performance.now()
    const server = await open()
    const listeningMs = performance.now() - startedMs
    await createTask(server)
    starts.push({ listeningMs, acceptedMs: performance.now() - startedMs })
    await server.stop()
  }
  await using fresh = await temporaryDirectory()
  const server = await startServer('./gateway-server.ts', ['start'], {
    ...environment,
    REELAY_DATA_DIR: fresh.path,
  })
  const idle = await measureIdle(server, isShort ? IDLE_SHORT_MS : IDLE_MS)
  await server.stop()
  const installed = await measureInstalled(isShort ? IDLE_SHORT_MS : IDLE_MS)
  const baseline = `${median(bareMs).toFixed(0)} ms: node -e 0`
  const of = (name: keyof Start): number => median(starts.map((start) => start[name]))
  return [
    plain({ figure: 'start to listening, from sources', value: of('listeningMs'), unit: 'ms', baseline }),
    atMost(START_MS_MAX, {
      figure: 'start to the first accepted task, from sources',
      value: of('acceptedMs'),
      unit: 'ms',
      baseline,
    }),
    plain({ figure: 'memory when idle, from sources', value: idle.megabytes, unit: 'MB' }),
    atMost(IDLE_MEGABYTES_MAX, {
      figure: 'memory when idle, the built package as the image starts it',
      value: installed.megabytes,
      unit: 'MB',
    }),
    plain({ figure: 'CPU when idle', value: installed.cpuShare * 100, unit: '% of a core' }),
  ]
}

/** What is published holds no compiler, and no types to strip. */
async function measureInstalled(ms: number): Promise<Idle> {
  await promisify(execFile)('npm', ['run', 'build'], { env: { ...process.env, NODE_OPTIONS: '' } })
  await using directory = await temporaryDirectory()
  const server = await startServer('../packages/reelay/bin/reelay.js', ['serve'], {
    NODE_OPTIONS: IMAGE_OPTIONS,
    REELAY_DATA_DIR: directory.path,
    REELAY_PORT: '0',
    REELAY_API_KEY: KEY,
  })
  try {
    return await measureIdle(server, ms)
  } finally {
    await server.stop()
  }
}

async function measureIdle(server: ChildServer, ms: number): Promise<Idle> {
  await sleep(SETTLE_MS)
  const before = await cpuSeconds(server)
  await sleep(ms)
  const cpuShare = (((await cpuSeconds(server)) - before) * 1_000) / ms
  return { megabytes: (await residentBytes(server)) / MEGABYTE, cpuShare }
}

async function createTask({ url }: ChildServer): Promise<void> {
  const answer = await fetch(`${url}/v1/videos`, {
    method: 'POST',
    headers: { authorization: `Bearer ${KEY}`, 'content-type': 'application/json' },
    body: JSON.stringify({ model: 'local/preview', prompt: 'a boat', seconds: '4' }),
  })
  if (answer.status !== 200) throw new Error(`the first task was answered with ${answer.status}`)
  await answer.body?.cancel()
}

async function timeBareNode(): Promise<number> {
  const startedMs = performance.now()
  await once(spawn(process.execPath, ['-e', '0']), 'exit')
  return performance.now() - startedMs
}
