import { setTimeout as sleep } from 'node:timers/promises'
import { archive, headers, KEY } from './archive-video.ts'
import { BUCKET, S3_KEYS } from '../packages/reelay/test/s3/s3-server.ts'
import { plain, type BenchOptions, type Figure } from './figure.ts'
import { residentBytes } from './resident.ts'
import { startServer, type ChildServer } from './child-server.ts'
import { temporaryDirectory } from './temporary-directory.ts'

const MEBIBYTE = 1024 * 1024
const VIDEO_BYTES = 1024 * MEBIBYTE
const VIDEO_BYTES_SHORT = 64 * MEBIBYTE
const RANGES = 4
const SAMPLE_MS = 50

/** Memory of a process while something happens there. */
type Growth = { before: number; peak: number; seconds: number }

/**
 * A video of 1 GiB into a bucket and out again, in a process of its own for each part; the same on the disk is the
 * baseline.
 */
export async function benchLargeVideo({ isShort }: BenchOptions): Promise<readonly Figure[]> {
  const videoBytes = isShort ? VIDEO_BYTES_SHORT : VIDEO_BYTES
  const figures: Figure[] = []
  const storage = await startServer(new URL('./s3-server.ts', import.meta.url).href, [], {})
  const s3 = {
    REELAY_STORAGE_URL: `s3://${BUCKET}/bench?endpoint=${storage.url}`,
    AWS_ACCESS_KEY_ID: S3_KEYS.accessKeyId,
    AWS_SECRET_ACCESS_KEY: S3_KEYS.secretAccessKey,
  }
  console.log(`A video of ${videoBytes / MEBIBYTE} MiB, memory of the gateway in MiB resident:`)
  for (const [name, settings] of [
    ['disk', {}],
    ['S3', s3],
  ] as const) {
    await using directory = await temporaryDirectory()
    const gateway = await startServer(
      new URL('./large-video-gateway.ts', import.meta.url).href,
      [String(videoBytes)],
      {
        REELAY_DATA_DIR: directory.path,
        REELAY_PORT: '0',
        REELAY_API_KEY: KEY,
        ...settings,
      },
    )
    let id = ''
    const archived = await measured(`${name}, archive`, gateway, async () => {
      id = await archive(gateway)
    })
    const served = await measured(`${name}, /content in ${RANGES} ranges`, gateway, () =>
      download(gateway, { id, videoBytes }),
    )
    const video = `a video of ${videoBytes / MEBIBYTE} MiB, ${name}`
    figures.push(grown(`${video}, archived`, archived), grown(`${video}, served`, served))
    await gateway.stop()
  }
  await storage.stop()
  return figures
}

const grown = (what: string, { before, peak, seconds }: Growth): Figure =>
  plain({
    figure: `${what}, memory`,
    value: peak - before,
    unit: 'MiB more',
    baseline: `${before.toFixed(0)} MiB before, ${seconds.toFixed(1)} s`,
  })

async function measured(what: string, server: ChildServer, work: () => Promise<void>): Promise<Growth> {
  const startedMs = performance.now()
  const growth: Growth = { before: await residentMebibytes(server), peak: 0, seconds: 0 }
  const over = new AbortController()
  const sampling = sample(server, growth, over.signal)
  try {
    await work()
  } finally {
    over.abort()
    await sampling
    growth.seconds = (performance.now() - startedMs) / 1_000
    const { before, peak, seconds } = growth
    console.log(
      `  ${what.padEnd(28)} ${before.toFixed(0)} before, ${peak.toFixed(0)} at most: ` +
        `+${(peak - before).toFixed(0)} in ${seconds.toFixed(1)} s`,
    )
  }
  return growth
}

async function sample(server: ChildServer, growth: Growth, over: AbortSignal): Promise<void> {
  while (!over.aborted) {
    growth.peak = Math.max(growth.peak, await residentMebibytes(server))
    await sleep(SAMPLE_MS)
  }
}

const residentMebibytes = async (server: ChildServer): Promise<number> =>
  (await residentBytes(server)) / MEBIBYTE

async function download(
  { url }: ChildServer,
  { id, videoBytes }: { id: string; videoBytes: number },
): Promise<void> {
  const length = videoBytes / RANGES
  for (let index = 0; index < RANGES; index += 1) {
    const range = `bytes=${index * length}-${(index + 1) * length - 1}`
    const answer = await fetch(`${url}/v1/videos/${id}/content`, { headers: { ...headers, range } })
    let bytes = 0
    for await (const chunk of answer.body ?? []) bytes += chunk.byteLength
    if (answer.status !== 206 || bytes !== length)
      throw new Error(`${range}: ${answer.status}, ${bytes} bytes`)
  }
}
