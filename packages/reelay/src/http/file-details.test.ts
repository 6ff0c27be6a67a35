import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Artifact } from '../store/store.ts'
import { fileDetails } from './file-details.ts'

const VIDEO: Artifact = {
  role: 'video',
  index: 0,
  storageKey: 'videos/video_1/1.1.video.0.mp4',
  sha256: 'ab',
  bytes: 9,
  mime: 'video/mp4',
  width: 1280,
  height: 720,
  durationMs: 5_005,
  codec: 'avc1.640028, mp4a.40.2',
}

const SHEET: Artifact = {
  ...VIDEO,
  role: 'spritesheet',
  mime: 'image/jpeg',
  width: 800,
  height: 450,
  durationMs: 200,
  codec: null,
}

test('a file that plays anywhere says so, with its type and the layout of its sheet', () => {
  assert.deepEqual(fileDetails(VIDEO, [SHEET, VIDEO]), {
    sha256: 'ab',
    bytes: 9,
    duration: 5.005,
    codec: 'h264',
    media_type: 'video/mp4; codecs="avc1.640028, mp4a.40.2"',
    playable: true,
    spritesheet: {
      columns: 5,
      rows: 5,
      frames: 25,
      frame_width: 160,
      frame_height: 90,
      seconds_per_frame: 0.2002,
    },
  })
})

test('HEVC is flagged', () => {
  const { codec, media_type, playable } = fileDetails({ ...VIDEO, codec: 'hvc1.1.6.L93.B0' }, [])
  assert.deepEqual([codec, media_type, playable], ['hevc', 'video/mp4; codecs="hvc1.1.6.L93.B0"', false])
})

test('a codec known in one word only is no part of the type, and an unknown one says nothing', () => {
  assert.equal(fileDetails({ ...VIDEO, codec: 'hevc' }, []).media_type, 'video/mp4')
  assert.equal(fileDetails({ ...VIDEO, codec: 'hevc' }, []).playable, false)
  const unknown = fileDetails({ ...VIDEO, codec: null }, [SHEET])
  assert.deepEqual(
    ['codec', 'media_type', 'playable'].filter((name) => name in unknown),
    [],
  )
})

test('without a length there is no layout', () => {
  assert.equal('spritesheet' in fileDetails({ ...VIDEO, durationMs: null }, [SHEET]), false)
  assert.equal('spritesheet' in fileDetails(VIDEO, [VIDEO]), false)
})
