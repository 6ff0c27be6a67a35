import { readFile } from 'node:fs/promises'
import { setTimeout as sleep } from 'node:timers/promises'
import { z } from 'zod'
import { BUCKET, S3_KEYS } from '../packages/reelay/test/s3/s3-server.ts'
import { startServer, type ChildServer } from './child-server.ts'
import { temporaryDirectory } from './temporary-directory.ts'

const MEBIBYTE = 1024 * 1024
const VIDEO_BYTES = 1024 * MEBIBYTE
const RANGES = 4
const SAMPLE_MS = 50
const ENDS_WITHIN_MS = 300_000
const KEY = 'rk_bench_key_000000000000000000000000000000'

const videoSchema = z.object({ id: z.string(), status: z.string() })

/** Memory of a process while something happens there. */
type Growth = { before: number; peak: number; seconds: number }

/**
 * A video of 1 GiB into a bucket and out again, in a process of its own for each part; the same on the disk is the
 * baseline.
 */
export async function benchLargeVideo(): Promise<void> {
  const storage = await startServer(new URL('./s3-server.ts', import.meta.url).href, [], {})
  const s3 = {
    REELAY_STORAGE_URL: `s3://${BUCKET}/bench?endpoint=${storage.url}`,
    AWS_ACCESS_KEY_ID: S3_KEYS.accessKeyId,
    AWS_SECRET_ACCESS_KEY: S3_KEYS.secretAccessKey,
  }
  console.log(`A video of ${VIDEO_BYTES / MEBIBYTE} MiB, memory of the gateway in MiB resident:`)
  for (const [name, settings] of [
    ['disk', {}],
    ['S3', s3],
  ] as const) {
    await using directory = await temporaryDirectory()
    const gateway = await startServer(
      new URL('./large-video-gateway.ts', import.meta.url).href,
      [String(VIDEO_BYTES)],
      {
        REELAY_DATA_DIR: directory.path,
        REELAY_PORT: '0',
        REELAY_API_KEY: KEY,
        ...settings,
      },
    )
    const id = await measured(`${name}, archive`, gateway, () => archive(gateway))
    await measured(`${name}, /content in ${RANGES} ranges`, gateway, () => download(gateway, id))
    await gateway.stop()
  }
  await storage.stop()
}

async function measured<T>(what: string, server: ChildServer, work: () => Promise<T>): Promise<T> {
  const startedMs = performance.now()
  const growth: Growth = { before: await residentMebibytes(server), peak: 0, seconds: 0 }
  const over = new AbortController()
  const sampling = sample(server, growth, over.signal)
  try {
    return await work()
  } finally {
    over.abort()
    await sampling
    const seconds = (performance.now() - startedMs) / 1_000
    const { before, peak } = growth
    console.log(
      `  ${what.padEnd(28)} ${before.toFixed(0)} before, ${peak.toFixed(0)} at most: ` +
        `+${(peak - before).toFixed(0)} in ${seconds.toFixed(1)} s`,
    )
  }
}

async function sample(server: ChildServer, growth: Growth, over: AbortSignal): Promise<void> {
  while (!over.aborted) {
    growth.peak = Math.max(growth.peak, await residentMebibytes(server))
    await sleep(SAMPLE_MS)
  }
}

async function residentMebibytes({ process: { pid } }: ChildServer): Promise<number> {
  const status = await readFile(`/proc/${pid}/status`, 'utf8')
  return Number(/VmRSS:\s+(\d+)/.exec(status)?.[1] ?? 0) / 1_024
}

const headers = { authorization: `Bearer ${KEY}` }

async function archive({ url }: ChildServer): Promise<string> {
  const body = new URLSearchParams({ model: 'bench/any', prompt: 'large' })
  const created = await fetch(`${url}/v1/videos`, { method: 'POST', headers, body })
  const { id } = videoSchema.parse(await created.json())
  const endsAtMs = performance.now() + ENDS_WITHIN_MS
  while (performance.now() < endsAtMs) {
    const answer = await fetch(`${url}/v1/videos/${id}`, { headers: { ...headers, prefer: 'wait=10' } })
    const { status } = videoSchema.parse(await answer.json())
    if (status === 'completed') return id
    if (status === 'failed' || status === 'error') throw new Error(`the video ended as ${status}`)
  }
  throw new Error(`the video did not end within ${ENDS_WITHIN_MS} ms`)
}

async function download({ url }: ChildServer, id: string): Promise<void> {
  const length = VIDEO_BYTES / RANGES
  for (let index = 0; index < RANGES; index += 1) {
    const range = `bytes=${index * length}-${(index + 1) * length - 1}`
    const answer = await fetch(`${url}/v1/videos/${id}/content`, { headers: { ...headers, range } })
    let bytes = 0
    for await (const chunk of answer.body ?? []) bytes += chunk.byteLength
    if (answer.status !== 206 || bytes !== length)
      throw new Error(`${range}: ${answer.status}, ${bytes} bytes`)
  }
}
