import assert from 'node:assert/strict'
import { test } from 'node:test'
import { readLiveEvent } from './live-event.ts'

const video = { id: 'video_1', model: 'wan', status: 'queued', progress: 0, created_at: 1, error: null }

test('events are read by their type', () => {
  const entry = { seq: 1, at: 1.5, type: 'task.created', data: {} }
  assert.deepEqual(readLiveEvent('video', JSON.stringify(video)), { type: 'video', video })
  assert.deepEqual(readLiveEvent('timeline', JSON.stringify(entry)), { type: 'timeline', entry })
  assert.deepEqual(readLiveEvent('deleted', '{"id":"video_1","deleted":true}'), {
    type: 'deleted',
    id: 'video_1',
  })
})

test('what cannot be read is no event', () => {
  const faults: [string, unknown][] = [
    ['video', 'no json'],
    ['video', 'null'],
    ['video', JSON.stringify({ ...video, status: 'dreaming' })],
    ['video', JSON.stringify({ ...video, progress: '5' })],
    ['timeline', JSON.stringify(video)],
    ['deleted', '{}'],
    ['other', JSON.stringify(video)],
    ['video', undefined],
  ]
  for (const [type, data] of faults) assert.equal(readLiveEvent(type, data), null, `${type} ${String(data)}`)
})
