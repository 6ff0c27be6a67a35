import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { parseArgs } from 'node:util'
import { spawnSimulator } from '@reelay/simulator'
import { z } from 'zod'
import { IMAGE_OPTIONS, startServer, type ChildServer } from '../bench/child-server.ts'
import { atMost, percentile, plain, type Figure } from '../bench/figure.ts'
import { median } from '../bench/median.ts'
import { newRecord, writeRecord } from './new-record.ts'

const HELP = `npm run soak -- [options]
  --minutes <number>  how long (default 60)
  --rate <number>     creates per minute (default 60)
  --record <file>     writes the figures as a record for docs/proof.md`

const MINUTE_MS = 60_000
const SAMPLES_PER_MINUTE = 12
/** Memory is compared with that of this minute, or of a tenth of a shorter run. */
const FIRST_MINUTE = 5
const FIRST_SHARE = 0.1
const RATIO_MAX = 1.3
/** What comes and goes while tasks run. */
const GROWTH_MAX = 20
const READS_PER_CREATE = 10
const KEPT_MAX = 200
const KEY = 'rk_soak_key_0000000000000000000000000000000'
const MEGABYTE = 1e6

const { values } = parseArgs({
  options: {
    minutes: { type: 'string', default: '60' },
    rate: { type: 'string', default: '60' },
    record: { type: 'string' },
    help: { type: 'boolean', default: false },
  },
})

const sampleSchema = z.object({
  atMs: z.number(),
  rss: z.number(),
  heapUsed: z.number(),
  resources: z.record(z.string(), z.number()),
  listeners: z.number(),
  delayP99Ms: z.number(),
  descriptors: z.number(),
})
const idSchema = z.object({ id: z.string() })
const statusSchema = z.object({ status: z.string() })
type Sample = z.infer<typeof sampleSchema>

if (values.help) console.log(HELP)
else await soak(Number(values.minutes), Number(values.rate))

/** The gateway under a steady load of creates, polls, lists, streams, downloads and deletes, with the simulator behind it. */
async function soak(minutes: number, rate: number): Promise<void> {
  const directory = await mkdtemp(join(tmpdir(), 'reelay-soak-'))
  await using stack = new AsyncDisposableStack()
  stack.defer(() => rm(directory, { recursive: true, force: true }))
  const simulator = await spawnSimulator({
    ledgerPath: join(directory, 'ledger.jsonl'),
    dialect: 'replicate',
    speed: 10,
  })
  stack.defer(() => simulator.stop())
  const samplesPath = join(directory, 'samples.jsonl')
  const everyMs = MINUTE_MS / SAMPLES_PER_MINUTE
  const gateway = await startServer('./soak-gateway.ts', [samplesPath, String(everyMs)], {
    NODE_OPTIONS: `${process.env['NODE_OPTIONS'] ?? ''} ${IMAGE_OPTIONS}`,
    REELAY_DATA_DIR: join(directory, 'data'),
    REELAY_PORT: '0',
    REELAY_API_KEY: KEY,
    REELAY_LIMITS: 'off',
    REELAY_LOG_LEVEL: 'error',
    REELAY_ALLOW_HOSTS: `127.0.0.1:${simulator.port},127.0.0.1:${simulator.filesPort}`,
    REPLICATE_API_TOKEN: 'sim',
    REPLICATE_BASE_URL: simulator.url,
  })
  stack.defer(() => gateway.stop())
  const load = await runLoad(gateway, minutes * MINUTE_MS, rate)
  const lines = (await readFile(samplesPath, 'utf8')).trim().split('\n')
  const samples = lines.map((line) => sampleSchema.parse(JSON.parse(line)))
  const figures = report(samples, load)
  for (const { figure, value, unit = '', aim = '', met } of figures)
    console.log(`${figure.padEnd(48)} ${value} ${unit}  ${aim}${met === false ? ': MISSED' : ''}`)
  if (values.record === undefined) return
  const command = `npm run soak -- --minutes ${minutes} --rate ${rate}`
  await writeRecord(values.record, await newRecord({ name: 'soak', command, seed: 1, figures }))
}

type Load = { creates: number; ended: number; requests: number }

async function runLoad(gateway: ChildServer, ms: number, perMinute: number): Promise<Load> {
  const load: Load = { creates: 0, ended: 0, requests: 0 }
  const ids: string[] = []
  const startedMs = performance.now()
  const underWay = new Set<Promise<void>>()
  const failed = Promise.withResolvers<never>()
  for (let index = 0; performance.now() - startedMs < ms; index += 1) {
    const run = turn(gateway, { index, ids, load })
      .catch((error: unknown) => failed.reject(error))
      .finally(() => underWay.delete(run))
    underWay.add(run)
    const nextMs = startedMs + ((index + 1) * MINUTE_MS) / perMinute
    await Promise.race([sleep(Math.max(0, nextMs - performance.now())), failed.promise])
  }
  await Promise.race([Promise.all(underWay), failed.promise])
  return load
}

type Turn = { index: number; ids: string[]; load: Load }

/** What an application does for one video: makes it, asks for it, streams it, lists, fetches an old one, deletes the oldest. */
async function turn(gateway: ChildServer, { index, ids, load }: Turn): Promise<void> {
  const ask = async (path: string, init: RequestInit = {}): Promise<Response> => {
    load.requests += 1
    const headers = { authorization: `Bearer ${KEY}`, 'content-type': 'application/json' }
    return fetch(gateway.url + path, { ...init, headers })
  }
  const body = JSON.stringify({ model: 'replicate/google/veo-3', prompt: `soak ${index}`, seconds: '8' })
  const created = await ask('/v1/videos', { method: 'POST', body })
  if (!created.ok) throw new Error(`a create was answered with ${created.status}: ${await created.text()}`)
  const { id } = idSchema.parse(await created.json())
  ids.push(id)
  load.creates += 1
  for (let read = 0; read < READS_PER_CREATE; read += 1) {
    const path = `/v1/videos/${ids[(index * 7 + read) % ids.length]}`
    const { status } = statusSchema.parse(await (await ask(path)).json())
    if (read > 0 || status !== 'completed') continue
    load.ended += 1
    await (await ask(`${path}/content`)).arrayBuffer()
  }
  await (await ask('/v1/videos?limit=20')).arrayBuffer()
  const streaming = new AbortController()
  const stream = await ask(`/v1/videos/${id}/events`, { signal: streaming.signal })
  await stream.body?.getReader().read()
  streaming.abort()
  if (ids.length <= KEPT_MAX) return
  const oldest = ids.shift()
  await (await ask(`/v1/videos/${oldest}`, { method: 'DELETE' })).arrayBuffer()
}

function countOf({ resources }: Sample): number {
  return Object.values(resources).reduce((sum, count) => sum + count, 0)
}

function report(samples: readonly Sample[], load: Load): readonly Figure[] {
  // Medians of a minute: a collection just before or after a sample says nothing of growth.
  const firstMinute = Math.min(FIRST_MINUTE, Math.ceil((samples.length / SAMPLES_PER_MINUTE) * FIRST_SHARE))
  const firstAt = (firstMinute - 1) * SAMPLES_PER_MINUTE
  const first = samples.slice(firstAt, firstAt + SAMPLES_PER_MINUTE)
  const last = samples.slice(-SAMPLES_PER_MINUTE)
  const of = (part: readonly Sample[], read: (sample: Sample) => number): number => median(part.map(read))
  const [rssFirst, rssLast] = [first, last].map((part) => of(part, ({ rss }) => rss) / MEGABYTE)
  const growth = (read: (sample: Sample) => number): number => of(last, read) - of(first, read)
  const from = `from minute ${firstMinute} on`
  return [
    atMost(RATIO_MAX, {
      figure: `memory at the end, of that of minute ${firstMinute}`,
      value: (rssLast ?? 0) / (rssFirst ?? 1),
      baseline: `${(rssFirst ?? 0).toFixed(0)} MB, ${(rssLast ?? 0).toFixed(0)} MB at the end`,
    }),
    plain({ figure: `heap, ${from}`, value: growth(({ heapUsed }) => heapUsed) / MEGABYTE, unit: 'MB more' }),
    atMost(GROWTH_MAX, {
      figure: `timers, sockets and the like, ${from}`,
      value: growth(countOf),
      unit: 'more',
    }),
    atMost(0, {
      figure: `listeners of the process, ${from}`,
      value: growth(({ listeners }) => listeners),
      unit: 'more',
    }),
    atMost(GROWTH_MAX, {
      figure: `descriptors, ${from}`,
      value: growth(({ descriptors }) => descriptors),
      unit: 'more',
    }),
    plain({
      figure: 'event-loop delay, p99 of each sample, median',
      value: median(samples.map(({ delayP99Ms }) => delayP99Ms)),
      unit: 'ms',
    }),
    plain({
      figure: 'event-loop delay, p99 of each sample, worst',
      value: percentile(
        samples.map(({ delayP99Ms }) => delayP99Ms),
        1,
      ),
      unit: 'ms',
    }),
    plain({ figure: 'creates', value: load.creates }),
    plain({ figure: 'requests', value: load.requests }),
    plain({ figure: 'videos seen completed and fetched', value: load.ended }),
  ]
}
