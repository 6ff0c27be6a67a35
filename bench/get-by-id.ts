import autocannon from 'autocannon'
import { startServer, type ChildServer } from './child-server.ts'
import { atLeast, plain as plainFigure, type BenchOptions, type Figure } from './figure.ts'
import { median } from './median.ts'
import { cpuSeconds } from './resident.ts'
import { seedTasks } from './seed-tasks.ts'
import { temporaryDirectory } from './temporary-directory.ts'

const TASKS = 20_000
const ROUNDS = 7
const SECONDS_PER_ROUND = 3
const CONNECTIONS = 32
const SHORT = { rounds: 2, seconds: 1 }
const AIM = 0.8
/** The setting that the aim is for. */
const SHIPPED = 'as shipped'

type Sample = { requestsPerSecond: number; cpuMicrosecondsPerRequest: number; p99Ms: number }

type Server = { name: string; server: ChildServer; samples: Sample[] }

type Rounds = { rounds: number; seconds: number }

/** Retrieve by id beside plain `node:http`, in alternating rounds on the same file. */
export async function benchGetById({ isShort }: BenchOptions): Promise<readonly Figure[]> {
  const rounds = isShort ? SHORT : { rounds: ROUNDS, seconds: SECONDS_PER_ROUND }
  const figures: Figure[] = []
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
    [SHIPPED, 'info'],
    ['each read logged', 'debug'],
  ] as const) {
    const server = await startServer('./gateway-server.ts', [], { ...settings, REELAY_LOG_LEVEL: level })
    const pair = { gateway: { name, server, samples: [] }, plain: { ...plain, samples: [] } }
    figures.push(...(await compare(pair, { ids, key, ...rounds })))
    await server.stop()
  }
  await plain.server.stop()
  return figures
}

type Load = Rounds & { ids: readonly string[]; key: string }

async function compare(
  { gateway, plain }: { gateway: Server; plain: Server },
  load: Load,
): Promise<readonly Figure[]> {
  const servers = [plain, gateway]
  for (const { server } of servers) await round(server, load)
  for (let index = 0; index < load.rounds; index += 1) {
    for (const { server, samples } of servers) samples.push(await round(server, load))
  }
  return report(gateway, plain)
}

async function round(server: ChildServer, { ids, key, seconds }: Load): Promise<Sample> {
  const cpuBefore = await cpuSeconds(server)
  const result = await autocannon({
    url: server.url,
    connections: CONNECTIONS,
    duration: seconds,
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

function report(gateway: Server, plain: Server): readonly Figure[] {
  const of = ({ samples }: Server, field: keyof Sample): number =>
    median(samples.map((sample) => sample[field]))
  console.log(
    `GET /v1/videos/{id}, ${TASKS} tasks, ${CONNECTIONS} connections, medians of ${plain.samples.length} alternating rounds`,
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
  console.log(`  ratio ${rates.toFixed(2)} by requests/s, ${cpu.toFixed(2)} by CPU`)
  const baseline = `${of(plain, 'requestsPerSecond').toFixed(0)} requests/s: plain node:http, same read`
  const what = `GET /v1/videos/{id}, ${gateway.name}`
  const ratio = { figure: `${what}, of the plain server`, value: rates, baseline }
  return [
    plainFigure({ figure: what, value: of(gateway, 'requestsPerSecond'), unit: 'requests/s', baseline }),
    gateway.name.endsWith(SHIPPED) ? atLeast(AIM, ratio) : plainFigure(ratio),
    plainFigure({
      figure: `${what}, p99`,
      value: of(gateway, 'p99Ms'),
      unit: 'ms',
      baseline: `${of(plain, 'p99Ms')} ms`,
    }),
  ]
}
