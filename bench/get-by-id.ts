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

type Server = { name: string; server: ChildServer; samples: Sample[] }

/** Retrieve by id beside plain `node:http`, in alternating rounds on the same file. */
export async function benchGetById(): Promise<void> {
  await using directory = await temporaryDirectory()
  const { ids, databasePath, key } = await seedTasks(directory.path, TASKS)
  // A load generator is faster than any one project may be by default. What counting costs is part of the figure.
  const settings = {
    REELAY_DATA_DIR: directory.path,
    REELAY_PORT: '0',
    REELAY_API_KEY: key,
    REELAY_LIMITS: 'reads=1000000/s',
  }
  const plain = {
    name: 'plain node:http',
    server: await startServer('./plain-server.ts', [databasePath], {}),
    samples: [],
  }
  // One process owns the database, so the gateways take turns; each has its own baseline.
  for (const [name, level] of [
    ['reelay as shipped', 'info'],
    ['reelay, each read logged', 'debug'],
  ] as const) {
    const server = await startServer('./gateway-server.ts', [], { ...settings, REELAY_LOG_LEVEL: level })
    await compare({ name, server, samples: [] }, { ...plain, samples: [] }, ids, key)
    await server.stop()
  }
  await plain.server.stop()
}

async function compare(gateway: Server, plain: Server, ids: readonly string[], key: string): Promise<void> {
  const servers = [plain, gateway]
  for (const { server } of servers) await round(server, ids, key)
  for (let index = 0; index < ROUNDS; index += 1) {
    for (const { server, samples } of servers) samples.push(await round(server, ids, key))
  }
  report(gateway, plain)
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

function report(gateway: Server, plain: Server): void {
  const of = ({ samples }: Server, field: keyof Sample): number =>
    median(samples.map((sample) => sample[field]))
  console.log(
    `GET /v1/videos/{id}, ${TASKS} tasks, ${CONNECTIONS} connections, medians of ${ROUNDS} alternating rounds`,
  )
  for (const server of [plain, gateway]) {
    const rate = of(server, 'requestsPerSecond').toFixed(0).padStart(7)
    const cpu = of(server, 'cpuMicrosecondsPerRequest').toFixed(0).padStart(5)
    console.log(
      `  ${server.name.padEnd(26)} ${rate} requests/s  ${cpu} µs CPU/request  p99 ${of(server, 'p99Ms')} ms`,
    )
  }
  const rates = of(gateway, 'requestsPerSecond') / of(plain, 'requestsPerSecond')
  const cpu = of(plain, 'cpuMicrosecondsPerRequest') / of(gateway, 'cpuMicrosecondsPerRequest')
  console.log(`  ratio ${rates.toFixed(2)} by requests/s, ${cpu.toFixed(2)} by CPU (aim 0.80)`)
}
