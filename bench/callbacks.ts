import { createHmac, randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { Agent, request } from 'node:http'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { startServer, type ChildServer } from './child-server.ts'
import { atMost, percentile, plain as plainFigure, type BenchOptions, type Figure } from './figure.ts'
import { median } from './median.ts'
import { seedAttempts } from './seed-attempts.ts'
import { temporaryDirectory } from './temporary-directory.ts'

const JOBS = 500
const PER_SECOND = 200
/** Short ones: what else the machine does falls on both alike, and a disk that stalls spoils one round only. */
const SECONDS_PER_ROUND = 2
const ROUNDS = 45
const ROUNDS_SHORT = 2
const ROUNDS_TO_WARM_UP = 3
const KEY = randomBytes(24)
const AIM = 1.5

type Server = { name: string; server: ChildServer; path: (index: number) => string; rounds: number[][] }

let sent = 0

/**
 * How long a provider waits for the answer to a callback, at a steady pace and with a signature that is checked, beside a
 * server that does nothing but one durable insert for each.
 */
export async function benchCallbacks({ isShort }: BenchOptions): Promise<readonly Figure[]> {
  await using directory = await temporaryDirectory()
  const tokens = await seedAttempts(directory.path, { account: 'replicate', count: JOBS })
  await using started = new AsyncDisposableStack()
  const plain: Server = {
    name: 'plain durable insert',
    server: await startServer('./insert-server.ts', [join(directory.path, 'plain.db')], {}),
    path: () => '/',
    rounds: [],
  }
  started.defer(() => plain.server.stop())
  const gateway: Server = {
    name: 'reelay, signature checked',
    server: await startServer('./gateway-server.ts', [], {
      REELAY_DATA_DIR: directory.path,
      REELAY_PORT: '0',
      REELAY_LOG_LEVEL: 'info',
      REPLICATE_API_TOKEN: 'of nobody',
      REPLICATE_WEBHOOK_SECRET: `whsec_${KEY.toString('base64')}`,
    }),
    path: (index) => `/hooks/replicate/${tokens[index % tokens.length]}`,
    rounds: [],
  }
  started.defer(() => gateway.server.stop())
  const servers = [plain, gateway]
  const rounds = isShort ? ROUNDS_SHORT : ROUNDS
  for (let index = -ROUNDS_TO_WARM_UP; index < rounds; index += 1) {
    for (const server of servers) {
      const latenciesMs = await round(server)
      if (index >= 0) server.rounds.push(latenciesMs)
    }
  }
  return report(plain, gateway)
}

/** Callbacks leave at their times whether or not earlier ones are answered, as providers send them. */
async function round({ server, path }: Server): Promise<number[]> {
  const agent = new Agent({ keepAlive: true })
  const startedMs = performance.now()
  const answers: Promise<number>[] = []
  for (let index = 0; index < PER_SECOND * SECONDS_PER_ROUND; index += 1) {
    const waitMs = startedMs + (index * 1_000) / PER_SECOND - performance.now()
    if (waitMs > 0) await sleep(waitMs)
    sent += 1
    answers.push(call(new URL(path(sent), server.url), agent))
  }
  const latenciesMs = await Promise.all(answers)
  agent.destroy()
  return latenciesMs
}

async function call(url: URL, agent: Agent): Promise<number> {
  const body = JSON.stringify({ id: 'of nobody', status: 'processing', logs: `${sent}%`.padEnd(900, '#') })
  const id = `msg_${sent}`
  const timestamp = String(Math.floor(Date.now() / 1_000))
  const signature = createHmac('sha256', KEY).update(`${id}.${timestamp}.${body}`).digest('base64')
  const startedMs = performance.now()
  const outgoing = request(url, {
    agent,
    method: 'POST',
    headers: {
      'content-type': 'application/json',
      'webhook-id': id,
      'webhook-timestamp': timestamp,
      'webhook-signature': `v1,${signature}`,
    },
  }).end(body)
  const [response] = await once(outgoing, 'response')
  response.resume()
  await once(response, 'end')
  if (response.statusCode !== 200) throw new Error(`a callback was answered with ${response.statusCode}`)
  return performance.now() - startedMs
}

function report(plain: Server, gateway: Server): readonly Figure[] {
  const of = ({ rounds }: Server, share: number): number =>
    median(rounds.map((latencies) => percentile(latencies, share)))
  const what = `callback acknowledged, ${PER_SECOND}/s to ${JOBS} jobs`
  return [
    { name: 'p50', share: 0.5 },
    { name: 'p99', share: 0.99 },
  ].flatMap(({ name, share }) => {
    const baseline = `${of(plain, share).toFixed(2)} ms: ${plain.name}`
    const ratio = {
      figure: `${what}, ${name}, of the insert's`,
      value: of(gateway, share) / of(plain, share),
      baseline,
    }
    return [
      plainFigure({ figure: `${what}, ${name}`, value: of(gateway, share), unit: 'ms', baseline }),
      name === 'p99' ? atMost(AIM, ratio) : plainFigure(ratio),
    ]
  })
}
