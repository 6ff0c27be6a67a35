import assert from 'node:assert/strict'
import { readFile, writeFile } from 'node:fs/promises'
import { after, before, test } from 'node:test'
import { NotAVideo, type NotAVideoReason } from './not-a-video.ts'
import { probeVideo } from './probe.ts'
import { writeTestClip } from './test-clip.ts'
import { createTestMedia, plainPng, type TestMedia } from './test-media.ts'

let media: TestMedia
let video: Buffer
let silent: Buffer

before(async () => {
  media = await createTestMedia()
  const options = { signal: new AbortController().signal, onProgress: () => {} }
  await media.host.render(media.job('sound.mp4', { audio: true }), options)
  await media.host.render(media.job('silent.mp4'), options)
  video = await readFile(media.path('sound.mp4'))
  silent = await readFile(media.path('silent.mp4'))
})

after(async () => {
  await media[Symbol.asyncDispose]()
})

async function refuses(bytes: Uint8Array | string, reason: NotAVideoReason): Promise<void> {
  const path = media.path('candidate')
  await writeFile(path, bytes)
  await assert.rejects(probeVideo(path), (error) => {
    assert.ok(error instanceof NotAVideo, String(error))
    assert.equal(error.reason, reason, error.message)
    return true
  })
}

/** The file's bytes with one box type written as another. */
function renamed(bytes: Buffer, from: string, to: string): Buffer {
  const copy = Buffer.from(bytes)
  copy.write(to, copy.indexOf(from, 0, 'latin1'), 'latin1')
  return copy
}

test('a rendered preview is described as it was asked for', async () => {
  const { codecs, ...probe } = await probeVideo(media.path('sound.mp4'))
  assert.match(codecs ?? '', /^avc1\.6400[0-9a-f]{2}, mp4a\.40\.2$/)
  assert.deepEqual(probe, {
    mime: 'video/mp4',
    width: 320,
    height: 180,
    durationMs: 1000,
    codec: 'avc',
    fps: 24,
    hasAudio: true,
  })
  const quiet = await probeVideo(media.path('silent.mp4'))
  assert.equal(quiet.hasAudio, false)
  assert.match(quiet.codecs ?? '', /^avc1\.6400[0-9a-f]{2}$/)
})

test('what servers send instead of a video is refused by name', async () => {
  await refuses('', 'empty')
  await refuses('\uFEFF  <!DOCTYPE html><html><body>Sign in</body></html>', 'html')
  await refuses('<?xml version="1.0"?><Error><Code>AccessDenied</Code></Error>', 'html')
  await refuses('{"error":{"message":"expired"}}', 'json')
  await refuses(plainPng(4, 4, [1, 2, 3]), 'image')
  await refuses('#EXTM3U\n#EXT-X-VERSION:3\n', 'unknown_type')
  await refuses(Buffer.alloc(4096), 'unknown_type')
})

test('a video cut at any point is refused', async () => {
  for (const whole of [video, silent]) {
    for (let share = 1; share < 40; share += 1) {
      const length = Math.max(16, Math.floor((whole.length * share) / 40))
      await refuses(whole.subarray(0, length), 'truncated')
    }
    await refuses(whole.subarray(0, -1), 'truncated')
  }
})

test('media data shortened within a file whose boxes all end inside it is refused', async () => {
  const dataAt = silent.indexOf('mdat', 0, 'latin1') - 4
  const shortened = Buffer.from(silent.subarray(0, dataAt + 200))
  shortened.writeUInt32BE(200, dataAt)
  await refuses(shortened, 'truncated')
})

test('a file without a video track, without samples or with a broken index is refused', async () => {
  await refuses(renamed(silent, 'vide', 'meta'), 'no_video_track')
  await refuses(renamed(silent, 'moov', 'free'), 'truncated')
  const broken = Buffer.from(silent)
  broken.writeUInt32BE(0x7fffffff, broken.indexOf('stsz', 0, 'latin1') + 12)
  await refuses(broken, 'malformed')
})

test('random damage to the index never hangs or crashes the probe', async () => {
  const end = silent.indexOf('mdat', 0, 'latin1')
  const path = media.path('damaged.mp4')
  for (let round = 0; round < 120; round += 1) {
    const damaged = Buffer.from(silent)
    for (let hit = 0; hit < 3; hit += 1)
      damaged[40 + ((round * 7919 + hit * 104_729) % (end - 40))] = (round * 31 + hit) % 256
    await writeFile(path, damaged)
    const outcome = await probeVideo(path).catch((error: unknown) => error)
    assert.ok(
      outcome instanceof NotAVideo || (typeof outcome === 'object' && outcome !== null && 'mime' in outcome),
    )
  }
})

test('a last picture without a length, as AV1 encoders leave it, makes no video cut short', async () => {
  const path = media.path('open-ended.mp4')
  await writeTestClip(path, {
    codec: 'av1',
    width: 320,
    height: 180,
    fps: 24,
    frames: 48,
    gop: 48,
    isOpenEnded: true,
  })
  const { codec, durationMs } = await probeVideo(path)
  assert.deepEqual([codec, durationMs], ['av1', 1958])
  const whole = await readFile(path)
  await refuses(whole.subarray(0, -1), 'truncated')
  const dataAt = whole.indexOf('mdat', 0, 'latin1') - 4
  const shortened = Buffer.from(whole.subarray(0, dataAt + 100))
  shortened.writeUInt32BE(100, dataAt)
  await refuses(
    Buffer.concat([shortened, whole.subarray(whole.indexOf('moov', 0, 'latin1') - 4)]),
    'truncated',
  )
})

test('a file that cannot be read is an error of the file system, not a verdict on the video', async () => {
  await assert.rejects(probeVideo(media.path('absent.mp4')), { code: 'ENOENT' })
})
