import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { once } from 'node:events'
import type { ServerResponse } from 'node:http'
import { test } from 'node:test'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import type { Behaviour } from './fault-server.ts'
import { openSubject } from './provider-subject.ts'
import { ID, OPERATION, vertexSubject } from './vertex-subject.ts'

// In a process of its own, so that only this is measured.

const TIMEOUT = { timeout: 120_000 }
const MEBIBYTE = 1024 * 1024
const VIDEO_BYTES = 40 * MEBIBYTE
/** What a look and a download may hold, garbage apart: most of it is code that is used for the first time. */
const HELD_BYTES_MAX = VIDEO_BYTES / 4
/** The allocator keeps pages for a while. An answer that is held and parsed is there four times: 212 MiB. */
const RSS_GROWTH_BYTES_MAX = 2 * VIDEO_BYTES
const SAMPLES = 20
const signal = new AbortController().signal

const HEAD = Buffer.from('\0\0\0\x18ftypisom\0\0\0\0isomavc1')
/** A multiple of three bytes, so that its base64 can be repeated. */
const PIECE = Buffer.alloc(48 * 1024, 7)
const PIECES = Math.floor(VIDEO_BYTES / PIECE.length)

setFlagsFromString('--expose-gc')
const collect: unknown = runInNewContext('gc')

type Memory = { held: number; rss: number }

/** Buffers are freed a while after they were collected. */
async function memoryNow(): Promise<Memory> {
  assert.ok(typeof collect === 'function')
  for (let turn = 0; turn < 3; turn += 1) {
    Reflect.apply(collect, undefined, [])
    await new Promise((resolve) => setImmediate(resolve))
  }
  const { heapUsed, external, rss } = process.memoryUsage()
  return { held: heapUsed + external, rss }
}

/** Writes the answer piece by piece, and measures this process meanwhile. */
function startMeasuring(): { behave: Behaviour; peak: () => Memory } {
  const peak = { held: 0, rss: 0 }
  const write = async (response: ServerResponse): Promise<void> => {
    const piece = PIECE.toString('base64')
    response.writeHead(200, { 'content-type': 'application/json' })
    response.write(`{"name":"${ID}","done":true,"response":{"videos":[{"bytesBase64Encoded":"`)
    response.write(HEAD.toString('base64'))
    for (let at = 0; at < PIECES; at += 1) {
      if (!response.write(piece)) await once(response, 'drain')
      if (at % Math.floor(PIECES / SAMPLES) !== 0) continue
      const { held, rss } = await memoryNow()
      peak.held = Math.max(peak.held, held)
      peak.rss = Math.max(peak.rss, rss)
    }
    response.end('","mimeType":"video/mp4"}]}}')
  }
  return { behave: (_request, response) => void write(response), peak: () => peak }
}

const inMebibytes = (bytes: number): string => (bytes / MEBIBYTE).toFixed(1)

test('vertex: neither a look nor a download holds a video of 40 MiB', TIMEOUT, async (context) => {
  assert.equal(HEAD.length % 3, 0)
  const { behave, peak } = startMeasuring()
  const { provider } = await openSubject(context, vertexSubject, behave)
  const before = await memoryNow()
  const verdict = await provider.probe(OPERATION, signal)
  assert.ok(verdict.kind === 'done')
  const opened = await provider.open(verdict.outputs[0]!, OPERATION, signal)
  const hash = createHash('sha256')
  let bytes = 0
  for await (const part of opened.body) {
    hash.update(part)
    bytes += part.length
  }
  const held = peak().held - before.held
  const rss = peak().rss - before.rss
  context.diagnostic(`held at most ${inMebibytes(held)} MiB more; RSS grew by ${inMebibytes(rss)} MiB`)
  const expected = createHash('sha256').update(HEAD)
  for (let at = 0; at < PIECES; at += 1) expected.update(PIECE)
  assert.equal(bytes, HEAD.length + PIECES * PIECE.length)
  assert.equal(hash.digest('hex'), expected.digest('hex'))
  assert.ok(held < HELD_BYTES_MAX, `${inMebibytes(held)} MiB were held`)
  assert.ok(rss < RSS_GROWTH_BYTES_MAX, `RSS grew by ${inMebibytes(rss)} MiB`)
})
