import { Agent, request, type IncomingMessage } from 'node:http'
import { startServer, type ChildServer } from './child-server.ts'
import { plain, type BenchOptions, type Figure } from './figure.ts'
import { median } from './median.ts'
import { residentBytes } from './resident.ts'
import { seedTasks } from './seed-tasks.ts'
import { temporaryDirectory } from './temporary-directory.ts'

const STREAMS = 500
const ROUNDS = 3

type Server = { name: string; start: () => Promise<ChildServer>; path: string; bytes: number[] }

/** What one open event stream costs the gateway, beside a server that only holds the same connections open. */
export async function benchEventStreams({ isShort }: BenchOptions): Promise<readonly Figure[]> {
  await using directory = await temporaryDirectory()
  const { ids, databasePath, key } = await seedTasks(directory.path, 1)
  const settings = {
    REELAY_DATA_DIR: directory.path,
    REELAY_PORT: '0',
    REELAY_API_KEY: key,
    REELAY_LOG_LEVEL: 'info',
  }
  const servers: Server[] = [
    {
      name: 'plain node:http',
      start: () => startServer('./plain-server.ts', [databasePath], {}),
      path: `/v1/videos/${ids[0]}`,
      bytes: [],
    },
    {
      name: 'reelay',
      start: () => startServer('./gateway-server.ts', [], settings),
      path: `/v1/videos/${ids[0]}/events`,
      bytes: [],
    },
  ]
  for (let round = 0; round < (isShort ? 1 : ROUNDS); round += 1) {
    for (const server of servers) server.bytes.push(await bytesPerStream(server, key))
  }
  console.log(`${STREAMS} event streams held open, resident memory for each, medians of ${ROUNDS} rounds`)
  for (const { name, bytes } of servers)
    console.log(`  ${name.padEnd(26)} ${(median(bytes) / 1_000).toFixed(0).padStart(5)} kB`)
  const [bare = 0, reelay = 0] = servers.map(({ bytes }) => median(bytes) / 1_000)
  const baseline = `${bare.toFixed(0)} kB: the same connections, held open by node:http`
  return [plain({ figure: 'memory of one open event stream', value: reelay, unit: 'kB', baseline })]
}

/** With a process of its own each time: memory that was once taken is seldom given back. */
async function bytesPerStream({ start, path }: Server, key: string): Promise<number> {
  const server = await start()
  const agent = new Agent({ keepAlive: true })
  try {
    // What the first request of all costs is no stream's.
    for (let index = 0; index < 20; index += 1) (await open(server, path, key, agent)).destroy()
    const before = await residentBytes(server)
    const streams: IncomingMessage[] = []
    for (let index = 0; index < STREAMS; index += 1) streams.push(await open(server, path, key, agent))
    const after = await residentBytes(server)
    for (const stream of streams) stream.destroy()
    return (after - before) / STREAMS
  } finally {
    agent.destroy()
    await server.stop()
  }
}

function open(server: ChildServer, path: string, key: string, agent: Agent): Promise<IncomingMessage> {
  const headers = { accept: 'text/event-stream', authorization: `Bearer ${key}` }
  return new Promise((resolve, reject) => {
    request(new URL(path, server.url), { agent, headers }, (response) => {
      if (response.statusCode !== 200) reject(new Error(`a stream was answered with ${response.statusCode}`))
      response.on('error', () => undefined)
      response.once('data', () => resolve(response))
    })
      .on('error', reject)
      .end()
  })
}
