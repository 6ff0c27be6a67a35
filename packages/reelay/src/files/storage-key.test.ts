import assert from 'node:assert/strict'
import { test } from 'node:test'
import { fenceOfName, storageKey } from './storage-key.ts'

test('the fence of an output is read back from its name, and from no other name', () => {
  const key = storageKey({ id: 'video_1', attempt: null }, 12, 'last_frame', 0, 'image/jpeg')
  assert.equal(key, 'videos/video_1/0.12.last_frame.0.jpg')
  assert.equal(fenceOfName(key.slice('videos/video_1/'.length)), 12)
  for (const name of [
    '',
    '1.mp4',
    '1.x.video.0.mp4',
    '1.2.video.0',
    '-1.2.video.0.mp4',
    'a1.2.video.0.mp4',
  ]) {
    assert.equal(fenceOfName(name), undefined, name)
  }
})
