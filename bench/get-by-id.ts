import { readFile } from 'node:fs/promises'
import autocannon from 'autocannon'
import { startServer, type ChildServer } from './child-server.ts'
import { median } from './median.ts'
import { seedTasks } from './seed-tasks.ts'
import { temporaryDirectory } from './temporary-directory.ts'

const TASKS = 20_000
const ROUNDS = 7
const SECONDS_PER_ROUND = 3
const CONNECTIONS = 32
const CLOCK_TICKS_PER_SECOND = 100

type Sample = { requestsPerSecond: number; cpuMicrosecondsPerRequest: number; p99Ms: number }

/** Retrieve by id beside plain `node:http`, in alternating rounds on the same file. */
export async function benchGetById(): Promise<void> {
  await using directory = await temporaryDirectory()
  const { ids, databasePath, key } = await seedTasks(directory.path, TASKS)
  const gateway = await startServer('./gateway-server.ts', [], {
    REELAY_DATA_DIR: directory.path,
    REELAY_PORT: '0',
    REELAY_API_KEY: key,
  })
  const plain = await startServer('./plain-server.ts', [databasePath], {})
  try {
    const samples = { gateway: [] as Sample[], plain: [] as Sample[] }
    await round(gateway, ids, key)
    await round(plain, ids, key)
    for (let index = 0; index < ROUNDS; index += 1) {
      samples.plain.push(await round(plain, ids, key))
      samples.gateway.push(await round(gateway, ids, key))
    }
    report(samples.gateway, samples.plain)
  } finally {
    await gateway.stop()
    await plain.stop()
  }
}

async function round(server: ChildServer, ids: readonly string[], key: string): Promise<Sample> {
  const cpuBefore = await cpuSeconds(server)
  const result = await autocannon({
    url: server.url,
    connections: CONNECTIONS,
    duration: SECONDS_PER_ROUND,
    headers: { authorization: `Bearer ${key}` },
    requests: Array.from({ length: 500 }, (_, index) => ({
      path: `/v1/videos/${ids[(index * 37) % ids.length]}`,
    })),
  })
  if (result.non2xx > 0 || result.errors > 0)
    throw new Error(`${result.non2xx} refusals, ${result.errors} errors`)
  const total = result.requests.total
  return {
    requestsPerSecond: result.requests.average,
    cpuMicrosecondsPerRequest: (((await cpuSeconds(server)) - cpuBefore) * 1e6) / total,
    p99Ms: result.latency.p99,
  }
}

/** User and system time of a process, from the kernel. */
async function cpuSeconds(server: ChildServer): Promise<number> {
  const stat = await readFile(`/proc/${server.process.pid}/stat`, 'utf8')
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
  return (Number(fields[11]) + Number(fields[12])) / CLOCK_TICKS_PER_SECOND
}

function report(gateway: readonly Sample[], plain: readonly Sample[]): void {
  const of = (samples: readonly Sample[], field: keyof Sample): number =>
    median(samples.map((sample) => sample[field]))
  console.log(
    `GET /v1/videos/{id}, ${TASKS} tasks, ${CONNECTIONS} connections, medians of ${ROUNDS} alternating rounds`,
  )
  for (const [name, samples] of [
    ['plain node:http', plain],
    ['reelay', gateway],
  ] as const) {
    const rate = of(samples, 'requestsPerSecond').toFixed(0).padStart(7)
    const cpu = of(samples, 'cpuMicrosecondsPerRequest').toFixed(0).padStart(5)
    console.log(
      `  ${name.padEnd(16)} ${rate} requests/s  ${cpu} µs CPU/request  p99 ${of(samples, 'p99Ms')} ms`,
    )
  }
  const rates = of(gateway, 'requestsPerSecond') / of(plain, 'requestsPerSecond')
  const cpu = of(plain, 'cpuMicrosecondsPerRequest') / of(gateway, 'cpuMicrosecondsPerRequest')
  console.log(`  ratio ${rates.toFixed(2)} by requests/s, ${cpu.toFixed(2)} by CPU (aim 0.80)`)
}
