import { once } from 'node:events'
import { createWriteStream } from 'node:fs'
import { mkdtemp, rm, stat } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { createClient, createReceiver, type ReelayClient, type Video, type VideoEvent } from '@reelay/sdk'
import { expressReceiver } from '@reelay/sdk/express'
import express from 'express'
import { createReelay, loadConfig, type Reelay } from 'reelay'

const PROMPT = 'A cinematic shot of a paper airplane crossing a desk at golden hour'
const OUT = resolve('demo.mp4')

/** Makes one video on this machine, as an application would: over HTTP, with the SDK, told of the end by a signed webhook. */
async function demo(): Promise<void> {
  const dataDir = await mkdtemp(join(tmpdir(), 'reelay-demo-'))
  const config = loadConfig({ REELAY_DATA_DIR: dataDir, REELAY_PORT: '0', REELAY_LOG_LEVEL: 'error' })
  const reelay = await createReelay(config)
  try {
    const { url } = await reelay.listen()
    await reelay.start()
    console.log(`A gateway runs at ${url}, with its data in ${dataDir}.`)
    await makeVideo(reelay, url)
  } finally {
    await reelay.stop()
    await rm(dataDir, { recursive: true, force: true })
  }
}

async function makeVideo(reelay: Reelay, url: string): Promise<void> {
  const client = createClient({ baseURL: url, apiKey: reelay.adminKey })
  await using webhooks = await receiveWebhooks(client)
  const created = await client.videos.create({
    model: 'local/preview',
    prompt: PROMPT,
    seconds: '4',
    size: '1280x720',
    callback_url: webhooks.url,
  })
  console.log(`POST /v1/videos answered ${created.id}, ${created.status}: from here on it is durable.\n`)
  const video = await client.videos.wait(created.id, { onProgress: showProgress })
  process.stdout.write('\n')
  if (video.status !== 'completed')
    throw new Error(`the video ended as ${video.status}: ${video.error?.message}`)
  showEvent(await webhooks.event)
  const download = await client.videos.download(video.id)
  await pipeline(
    Readable.fromWeb(download.stream as Parameters<typeof Readable.fromWeb>[0]),
    createWriteStream(OUT),
  )
  const { size } = await stat(OUT)
  await showTimeline(reelay, video.id)
  console.log(
    `\nWrote ${OUT}: ${size} bytes, ${video.reelay?.duration} s, sha256 ${video.reelay?.sha256?.slice(0, 16)}…`,
  )
  console.log(
    'It is a local preview: drawn on this machine from the prompt, not made by a generative model.\n',
  )
  console.log(
    'Next: `npm start` runs a gateway that stays; `npm run reelay -- create "a boat at sunset" --out boat.mp4`',
  )
  console.log(
    'talks to it. Set COMETAPI_KEY to use a provider. docs/migrating.md moves an existing application over.',
  )
}

type Webhooks = AsyncDisposable & { url: string; event: Promise<VideoEvent> }

/** What an application does to hear of its videos: an Express route that lets only signed events through. */
async function receiveWebhooks(client: ReelayClient): Promise<Webhooks> {
  const [newest] = await client.projects.webhookSecrets('default')
  if (newest === undefined) throw new Error('the project has no webhook secret')
  const { promise: event, resolve: onEvent } = Promise.withResolvers<VideoEvent>()
  const receiver = createReceiver({ secret: newest.secret, onEvent })
  const app = express()
  app.post('/webhooks', expressReceiver(receiver))
  const server = app.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error('the receiver has no port')
  return {
    url: `http://127.0.0.1:${address.port}/webhooks`,
    event,
    [Symbol.asyncDispose]: async () => {
      await receiver.close()
      server.close()
      await once(server, 'close')
    },
  }
}

function showEvent(event: VideoEvent): void {
  console.log(`\nAn Express receiver got the webhook ${event.id}: ${event.type}, its signature is right.`)
}

const BAR_CELLS = 30
let lastLine = ''

function showProgress(video: Video): void {
  const filled = Math.round((video.progress / 100) * BAR_CELLS)
  const line = `${'█'.repeat(filled)}${'░'.repeat(BAR_CELLS - filled)} ${String(video.progress).padStart(3)} %  ${video.status}`
  if (line === lastLine) return
  lastLine = line
  process.stdout.write(process.stdout.isTTY ? `\r${line.padEnd(60)}` : `${line}\n`)
}

async function showTimeline(reelay: Reelay, id: string): Promise<void> {
  const timeline = await reelay.store.timeline(id)
  const startMs = timeline[0]?.atMs ?? 0
  console.log('\nWhat happened:')
  for (const { atMs, kind, data } of timeline) {
    const seconds = ((atMs - startMs) / 1_000).toFixed(2).padStart(7)
    if (kind !== 'poll.progress')
      console.log(`${seconds} s  ${kind}${data === undefined ? '' : `  ${JSON.stringify(data)}`}`)
  }
}

await demo()
