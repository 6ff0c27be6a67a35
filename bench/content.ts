import { glob, stat } from 'node:fs/promises'
import { request } from 'node:http'
import { join } from 'node:path'
import { archive, KEY } from './archive-video.ts'
import { startServer, type ChildServer } from './child-server.ts'
import { atLeast, plain, type BenchOptions, type Figure } from './figure.ts'
import { median } from './median.ts'
import { cpuSeconds, residentBytes } from './resident.ts'
import { temporaryDirectory } from './temporary-directory.ts'

const MEBIBYTE = 1024 ** 2
const VIDEO_BYTES = 64 * MEBIBYTE
const RANGE_BYTES = MEBIBYTE
const DOWNLOADS = 8
const RANGES = 256
const AT_ONCE = 4
const ROUNDS = 5
const AIM = 0.85

type Server = { server: ChildServer; path: string; rates: number[]; cpuMs: number[]; peakBytes: number }

type Kind = { name: string; count: number; range: (index: number) => string | undefined; bytes: number }

const KINDS: readonly Kind[] = [
  { name: 'whole', count: DOWNLOADS, range: () => undefined, bytes: VIDEO_BYTES },
  {
    name: `ranges of ${RANGE_BYTES / MEBIBYTE} MiB`,
    count: RANGES,
    range: (index) => {
      const start = ((index * 7) % (VIDEO_BYTES / RANGE_BYTES)) * RANGE_BYTES
      return `bytes=${start}-${start + RANGE_BYTES - 1}`
    },
    bytes: RANGE_BYTES,
  },
]

/** `GET /v1/videos/{id}/content` beside a server that pipes the same file. */
export async function benchContent({ isShort }: BenchOptions): Promise<readonly Figure[]> {
  await using directory = await temporaryDirectory()
  await using started = new AsyncDisposableStack()
  const gateway = await startServer('./large-video-gateway.ts', [String(VIDEO_BYTES)], {
    REELAY_DATA_DIR: directory.path,
    REELAY_PORT: '0',
    REELAY_API_KEY: KEY,
    REELAY_LIMITS: 'off',
  })
  started.defer(() => gateway.stop())
  const id = await archive(gateway)
  const pipe = await startServer('./file-server.ts', [await videoIn(directory.path)], {})
  started.defer(() => pipe.stop())
  const figures: Figure[] = []
  for (const kind of KINDS) {
    const pair = {
      gateway: { server: gateway, path: `/v1/videos/${id}/content`, rates: [], cpuMs: [], peakBytes: 0 },
      pipe: { server: pipe, path: '/', rates: [], cpuMs: [], peakBytes: 0 },
    }
    figures.push(...(await compare(kind, pair, isShort ? 1 : ROUNDS)))
  }
  return figures
}

/** The one file that is as large as the video. */
async function videoIn(directory: string): Promise<string> {
  for await (const name of glob('**/*', { cwd: directory })) {
    const path = join(directory, name)
    if ((await stat(path)).size === VIDEO_BYTES) return path
  }
  throw new Error('the archived video is not on the disk')
}

async function compare(
  kind: Kind,
  { gateway, pipe }: { gateway: Server; pipe: Server },
  rounds: number,
): Promise<readonly Figure[]> {
  for (const each of [pipe, gateway]) await round(kind, each)
  for (const each of [pipe, gateway]) each.rates.length = each.cpuMs.length = 0
  for (let index = 0; index < rounds; index += 1) for (const each of [pipe, gateway]) await round(kind, each)
  const [ours, theirs] = [median(gateway.rates), median(pipe.rates)]
  const [ourMemory, theirMemory] = [gateway, pipe].map(({ peakBytes }) => (peakBytes / MEBIBYTE).toFixed(0))
  const [ourCpu, theirCpu] = [median(gateway.cpuMs), median(pipe.cpuMs)]
  const baseline = `${theirs.toFixed(0)} MiB/s: a node:http pipe`
  const what = `content, ${kind.name}`
  console.log(
    `  ${what}: ${ours.toFixed(0)} MiB/s beside ${baseline}; ${ourCpu.toFixed(2)} and ${theirCpu.toFixed(2)} ms CPU/MiB; ${ourMemory} and ${theirMemory} MiB resident`,
  )
  return [
    plain({ figure: what, value: ours, unit: 'MiB/s', baseline }),
    atLeast(AIM, { figure: `${what}, of the pipe`, value: ours / theirs, baseline }),
    plain({
      figure: `${what}, CPU of a MiB`,
      value: ourCpu,
      unit: 'ms',
      baseline: `${theirCpu.toFixed(2)} ms: the pipe`,
    }),
    plain({
      figure: `${what}, memory at most`,
      value: gateway.peakBytes / MEBIBYTE,
      unit: 'MiB',
      baseline: `${theirMemory} MiB: the pipe`,
    }),
  ]
}

async function round(kind: Kind, each: Server): Promise<void> {
  const startedMs = performance.now()
  const cpuBefore = await cpuSeconds(each.server)
  let next = 0
  const work = async (): Promise<void> => {
    while (next < kind.count) {
      next += 1
      const bytes = await download(new URL(each.path, each.server.url), kind.range(next))
      if (bytes !== kind.bytes) throw new Error(`${bytes} bytes came, not ${kind.bytes}`)
      each.peakBytes = Math.max(each.peakBytes, await residentBytes(each.server))
    }
  }
  await Promise.all(Array.from({ length: AT_ONCE }, work))
  const seconds = (performance.now() - startedMs) / 1_000
  const mebibytes = (kind.count * kind.bytes) / MEBIBYTE
  each.rates.push(mebibytes / seconds)
  each.cpuMs.push((((await cpuSeconds(each.server)) - cpuBefore) * 1_000) / mebibytes)
}

function download(url: URL, range: string | undefined): Promise<number> {
  const headers = { authorization: `Bearer ${KEY}`, ...(range === undefined ? {} : { range }) }
  return new Promise((resolve, reject) => {
    request(url, { headers }, (response) => {
      let bytes = 0
      response.on('data', (chunk: Buffer) => (bytes += chunk.byteLength))
      response.on('error', reject)
      response.on('end', () => resolve(bytes))
    })
      .on('error', reject)
      .end()
  })
}
