import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { createReelay, loadConfig, type OpenedOutput, type Provider, type Traits } from 'reelay'
import { createMediaHost } from '../packages/reelay/src/media/media-host.ts'
import { systemClock } from '../packages/reelay/src/system/clock.ts'
import { silentLog } from '../packages/reelay/src/system/log.ts'

/**
 * The gateway as shipped, with a provider in its process whose only video is as large as asked: a real one of a second,
 * with a box behind it that players skip.
 */
const videoBytes = Number(process.argv[2])
const CHUNK = new Uint8Array(64 * 1024)
const BOX_HEADER_BYTES = 16

const traits: Traits = {
  timing: {
    firstPollMs: 20,
    intervalMs: 20,
    intervalMaxMs: 50,
    missingGraceMs: 60_000,
    deadlineMs: 3_600_000,
  },
  pacing: { perSecond: 100, burst: 100, inFlightMax: 10 },
  cancel: 'unsupported',
  inputs: 'upload',
  providerOptions: [],
  openCatalog: true,
}

const config = loadConfig(process.env)
const video = await renderVideo(config.dataDir)

const provider: Provider = {
  traits,
  models: () => [],
  start: async ({ clientToken }) => ({ kind: 'accepted', operation: { providerTaskId: clientToken } }),
  probe: async () => ({ kind: 'done', outputs: [{ role: 'video', ref: 'video' }] }),
  open: async (): Promise<OpenedOutput> => ({ bytes: videoBytes, body: largeVideo(), close: () => {} }),
}

const providers = new Map([['bench', provider]])
const reelay = await createReelay(config, { providers, log: silentLog })
const { url } = await reelay.listen()
await reelay.start()
process.stdout.write(`${JSON.stringify({ url })}\n`)
process.once('SIGTERM', () => void reelay.stop())

async function renderVideo(directory: string): Promise<Uint8Array> {
  const media = createMediaHost({ workDir: join(directory, 'render'), log: silentLog, clock: systemClock })
  const outPath = join(directory, 'second.mp4')
  const picture = { width: 320, height: 180, seconds: 1, fps: 12, seed: 1, audio: false, inputImages: [] }
  const signal = new AbortController().signal
  await media.render({ prompt: 'a boat', ...picture, outPath }, { signal, onProgress: () => {} })
  await media.stop()
  return readFile(outPath)
}

async function* largeVideo(): AsyncGenerator<Uint8Array> {
  yield video
  let left = videoBytes - video.byteLength
  const box = new DataView(new ArrayBuffer(BOX_HEADER_BYTES))
  box.setUint32(0, 1)
  for (const [index, letter] of ['f', 'r', 'e', 'e'].entries()) box.setUint8(4 + index, letter.charCodeAt(0))
  box.setBigUint64(8, BigInt(left))
  yield new Uint8Array(box.buffer)
  left -= BOX_HEADER_BYTES
  while (left > 0) {
    const chunk = CHUNK.subarray(0, Math.min(left, CHUNK.byteLength))
    left -= chunk.byteLength
    yield chunk
  }
}
