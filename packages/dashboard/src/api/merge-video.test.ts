import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Video, VideoPage } from '@reelay/sdk'
import { holdsVideo, mergeVideo, removeVideo } from './merge-video.ts'

const video = (id: string, progress = 0): Video => ({
  id,
  task_id: id,
  object: 'video',
  model: 'wan',
  status: 'in_progress',
  progress,
  created_at: 1,
  completed_at: null,
  expires_at: null,
  prompt: 'a boat',
  size: null,
  seconds: null,
  remixed_from_video_id: null,
  error: null,
})

const page = (...ids: string[]): VideoPage => ({
  object: 'list',
  data: ids.map((id) => video(id)),
  first_id: ids[0] ?? null,
  last_id: ids.at(-1) ?? null,
  has_more: false,
})

const pages = { pages: [page('a', 'b'), page('c')], pageParams: ['', 'b'] }

test('the newest state takes the place of the one before, on whatever page it is', () => {
  const merged = mergeVideo(pages, video('c', 60))
  assert.deepEqual(
    merged.pages.map(({ data }) => data.map(({ progress }) => progress)),
    [[0, 0], [60]],
  )
  assert.equal(pages.pages[1]!.data[0]!.progress, 0)
})

test('a deleted video goes, and one that is not shown changes nothing', () => {
  assert.deepEqual(
    removeVideo(pages, 'a').pages.map(({ data }) => data.map(({ id }) => id)),
    [['b'], ['c']],
  )
  assert.deepEqual(mergeVideo(pages, video('z', 60)), pages)
  assert.deepEqual([holdsVideo(pages, 'c'), holdsVideo(pages, 'z')], [true, false])
})
