import assert from 'node:assert/strict'
import { test } from 'node:test'
import { codecFamily, playsInBrowsers } from './plays-in-browsers.ts'

const CASES = [
  ['video/mp4', 'avc1.640028, mp4a.40.2', 'h264', true],
  ['video/mp4', 'avc', 'h264', true],
  ['video/mp4', 'avc1.6e0028', 'h264', false],
  ['video/mp4', 'avc3.F4001f, mp4a.40.2', 'h264', false],
  ['video/quicktime', 'avc1.640028', 'h264', false],
  ['video/mp4', 'hvc1.1.6.L93.B0', 'hevc', false],
  ['video/mp4', 'hev1.2.4.L120.90, mp4a.40.2', 'hevc', false],
  ['video/mp4', 'hevc', 'hevc', false],
  ['video/mp4', 'av01.0.05M.08, opus', 'av1', false],
  ['video/webm', 'av1', 'av1', false],
  ['video/webm', 'vp09.00.11.08.01.02.02.02.00, opus', 'vp9', true],
  ['video/webm', 'vp8', 'vp8', true],
  ['video/mp4', 'unknown', 'other', false],
  // The sound does not make a video H.264.
  ['video/mp4', 'mp4v.20.9, avc1.640028', 'other', false],
] as const

for (const [mime, codecs, family, plays] of CASES) {
  test(`${mime} with ${codecs} is ${family} and ${plays ? 'plays' : 'may not play'}`, () => {
    assert.deepEqual([codecFamily(codecs), playsInBrowsers(mime, codecs)], [family, plays])
  })
}
