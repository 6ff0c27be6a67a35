import { createHmac, randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { Agent, request } from 'node:http'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { startServer, type ChildServer } from './child-server.ts'
import { median } from './median.ts'
import { seedAttempts } from './seed-attempts.ts'
import { temporaryDirectory } from './temporary-directory.ts'

const JOBS = 500
const PER_SECOND = 200
/** Short ones: what else the machine does falls on both alike, and a disk that stalls spoils one round only. */
const SECONDS_PER_ROUND = 2
const ROUNDS = 15
const ROUNDS_TO_WARM_UP = 3
const KEY = randomBytes(24)
const AIM = 1.5

type Server = { name: string; server: ChildServer; path: (index: number) => string; rounds: number[][] }

let sent = 0

/**
 * How long a provider waits for the answer to a callback, at a steady pace and with a signature that is checked, beside a
 * server that does nothing but one durable insert for each.
 */
export async function benchCallbacks(): Promise<void> {
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
  for (let index = -ROUNDS_TO_WARM_UP; index < ROUNDS; index += 1) {
    for (const server of servers) {
      const latenciesMs = await round(server)
      if (index >= 0) server.rounds.push(latenciesMs)
    }
  }
  report(plain, gateway)
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

const percentile = (values: readonly number[], share: number): number =>
  values.toSorted((a, b) => a - b)[Math.ceil(values.length * share) - 1] ?? 0

function report(plain: Server, gateway: Server): void {
  const of = ({ rounds }: Server, share: number): number =>
    median(rounds.map((latencies) => percentile(latencies, share)))
  console.log(
    `POST /hooks/{provider}/{token}, ${PER_SECOND}/s to ${JOBS} jobs, medians of ${ROUNDS} alternating rounds of ${SECONDS_PER_ROUND} s`,
  )
  for (const server of [plain, gateway]) {
    const [p50, p99] = [of(server, 0.5), of(server, 0.99)].map((ms) => ms.toFixed(2).padStart(6))
    console.log(`  ${server.name.padEnd(26)} p50 ${p50} ms  p99 ${p99} ms`)
  }
  const ratio = (share: number): string => (of(gateway, share) / of(plain, share)).toFixed(2)
  console.log(`  ratio ${ratio(0.5)} by p50, ${ratio(0.99)} by p99 (aim at most ${AIM})`)
}
