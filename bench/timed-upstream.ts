import { createHmac } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { createServer, type ServerResponse } from 'node:http'
import { setTimeout as sleep } from 'node:timers/promises'
import { parseArgs } from 'node:util'
import { z } from 'zod'

/**
 * A provider with Replicate's routes that takes its time for each answer, in a process of its own. The id of a job says when
 * it ends, so it has to be told nothing. `GET /stats` is what it was asked; `POST /callbacks` lets it call back at those times.
 */
const { values } = parseArgs({
  options: { latency: { type: 'string' }, clip: { type: 'string' }, key: { type: 'string' } },
})
const latencyMs = Number(values.latency)
const clip = values.clip === undefined ? Buffer.alloc(0) : await readFile(values.clip)
const callbacksSchema = z.array(z.object({ jobId: z.string(), atMs: z.number(), url: z.url() }))
const CALLBACK_TRIES_MAX = 3
const CALLBACK_PAUSE_MS = 1_000
const looks = new Map<string, number>()
let looksTotal = 0
let base = ''

/** `<end>_<number>_<first due>`; an end of 0 never comes. */
const endsAtMs = (jobId: string): number => Number(jobId.split('_')[0])

function prediction(jobId: string): object {
  const endMs = endsAtMs(jobId)
  if (endMs === 0 || Date.now() < endMs) return { id: jobId, status: 'processing', output: null }
  return {
    id: jobId,
    status: 'succeeded',
    completed_at: new Date(endMs).toISOString(),
    output: `${base}/clips/${jobId}.mp4`,
  }
}

function json(response: ServerResponse, body: unknown): void {
  const text = JSON.stringify(body)
  response
    .writeHead(200, { 'content-type': 'application/json', 'content-length': Buffer.byteLength(text) })
    .end(text)
}

function look(jobId: string, response: ServerResponse): void {
  looksTotal += 1
  looks.set(jobId, (looks.get(jobId) ?? 0) + 1)
  setTimeout(() => json(response, prediction(jobId)), latencyMs)
}

function sendClip(response: ServerResponse): void {
  setTimeout(
    () =>
      response.writeHead(200, { 'content-type': 'video/mp4', 'content-length': clip.byteLength }).end(clip),
    latencyMs,
  )
}

function callAt({ jobId, atMs, url }: { jobId: string; atMs: number; url: string }): void {
  // Timers may be a millisecond early, and the job would not have ended yet.
  setTimeout(() => void call(jobId, url), Math.max(0, atMs - Date.now()) + 1)
}

async function call(jobId: string, url: string): Promise<void> {
  const body = JSON.stringify(prediction(jobId))
  const timestamp = String(Math.floor(Date.now() / 1_000))
  const key = Buffer.from(values.key ?? '', 'base64')
  const signature = createHmac('sha256', key).update(`${jobId}.${timestamp}.${body}`).digest('base64')
  const headers = {
    'content-type': 'application/json',
    'webhook-id': jobId,
    'webhook-timestamp': timestamp,
    'webhook-signature': `v1,${signature}`,
  }
  // As providers do, it sends a callback again that was not taken.
  for (let tries = 0; tries < CALLBACK_TRIES_MAX; tries += 1) {
    const answer = await fetch(url, { method: 'POST', headers, body }).catch(() => undefined)
    if (answer?.ok === true) return
    await sleep(CALLBACK_PAUSE_MS)
  }
}

const server = createServer((request, response) => {
  const path = request.url ?? ''
  if (path === '/stats') return json(response, { looksTotal, looks: [...looks] })
  if (path === '/v1/account') return json(response, { type: 'user', username: 'bench' })
  if (path.startsWith('/v1/predictions/')) return look(path.slice('/v1/predictions/'.length), response)
  if (path.startsWith('/clips/')) return sendClip(response)
  const chunks: Buffer[] = []
  request.on('data', (chunk: Buffer) => chunks.push(chunk))
  request.on('end', () => {
    for (const each of callbacksSchema.parse(JSON.parse(Buffer.concat(chunks).toString()))) callAt(each)
    json(response, {})
  })
})

server.listen(0, '127.0.0.1', () => {
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error('not listening on a port')
  base = `http://127.0.0.1:${address.port}`
  process.stdout.write(`${JSON.stringify({ url: base })}\n`)
})
