import { join } from 'node:path'
import autocannon from 'autocannon'
import { startServer, type ChildServer } from './child-server.ts'
import { plain, type BenchOptions, type Figure } from './figure.ts'
import { median } from './median.ts'
import { temporaryDirectory } from './temporary-directory.ts'

const CONNECTIONS = 16
const ROUNDS = 5
const SECONDS_PER_ROUND = 3
const KEY = 'rk_bench_key_000000000000000000000000000000'
const BODY = JSON.stringify({
  model: 'local/preview',
  // Of each its own: the baseline keeps equal bodies once.
  prompt: 'A cinematic shot of a paper airplane crossing a desk, warm light, shallow depth of field [<id>]',
  seconds: '5',
})

type Sample = { perSecond: number; p50Ms: number; p99Ms: number }

/** Creates whose task is on the disk before the answer leaves, beside a server that does one durable insert for each request. */
export async function benchCreates({ isShort }: BenchOptions): Promise<readonly Figure[]> {
  await using directory = await temporaryDirectory()
  await using started = new AsyncDisposableStack()
  const insert = await startServer('./insert-server.ts', [join(directory.path, 'plain.db')], {})
  started.defer(() => insert.stop())
  const gateway = await startServer('./gateway-server.ts', [], {
    REELAY_DATA_DIR: directory.path,
    REELAY_PORT: '0',
    REELAY_API_KEY: KEY,
    REELAY_LIMITS: 'off',
  })
  started.defer(() => gateway.stop())
  const samples: { insert: Sample[]; gateway: Sample[] } = { insert: [], gateway: [] }
  const seconds = isShort ? 1 : SECONDS_PER_ROUND
  for (const server of [insert, gateway]) await round(server, seconds)
  for (let index = 0; index < (isShort ? 1 : ROUNDS); index += 1) {
    samples.insert.push(await round(insert, seconds))
    samples.gateway.push(await round(gateway, seconds))
  }
  const of = (name: keyof typeof samples, field: keyof Sample): number =>
    median(samples[name].map((sample) => sample[field]))
  const baseline = `${of('insert', 'perSecond').toFixed(0)}/s: node:http, one durable insert each`
  const what = `POST /v1/videos, ${CONNECTIONS} connections`
  const times = `${of('insert', 'p50Ms')} ms, p99 ${of('insert', 'p99Ms')} ms`
  return [
    plain({ figure: what, value: of('gateway', 'perSecond'), unit: 'creates/s', baseline }),
    plain({
      figure: `${what}, of the plain inserts`,
      value: of('gateway', 'perSecond') / of('insert', 'perSecond'),
      baseline,
    }),
    plain({ figure: `${what}, p50`, value: of('gateway', 'p50Ms'), unit: 'ms', baseline: times }),
    plain({ figure: `${what}, p99`, value: of('gateway', 'p99Ms'), unit: 'ms', baseline: times }),
  ]
}

async function round({ url }: ChildServer, seconds: number): Promise<Sample> {
  const result = await autocannon({
    url: `${url}/v1/videos`,
    method: 'POST',
    connections: CONNECTIONS,
    duration: seconds,
    headers: { authorization: `Bearer ${KEY}`, 'content-type': 'application/json' },
    body: BODY,
    idReplacement: true,
  })
  if (result.non2xx > 0 || result.errors > 0)
    throw new Error(`${result.non2xx} refusals, ${result.errors} errors`)
  return {
    perSecond: result.requests.average,
    p50Ms: result.latency.p50,
    p99Ms: result.latency.p99,
  }
}
