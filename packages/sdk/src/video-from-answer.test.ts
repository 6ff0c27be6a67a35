import assert from 'node:assert/strict'
import { test } from 'node:test'
import { json } from '../test/fake-fetch.ts'
import { readAnswer, type Answer } from './answer.ts'
import {
  isTaskBody,
  statusOf,
  videoFromAnswer,
  videoFromObject,
  type ReceivedVideo,
} from './video-from-answer.ts'
import type { VideoStatus } from './wire.ts'

function read(fields: Record<string, unknown>): ReceivedVideo {
  const video = videoFromObject(fields)
  assert.ok(video !== null)
  return video
}

const progressOf = (status: string, progress: unknown): number => read({ id: 'a', status, progress }).progress
const createdAt = (created_at: unknown): number => read({ id: 'a', created_at }).created_at
const errorOf = (fields: Record<string, unknown>): unknown => read({ id: 'a', ...fields }).error
const answerOf = (body: unknown): Promise<Answer> => readAnswer(json(body), () => 0)

test('every vocabulary maps to the wire statuses, whatever the case and the blanks', () => {
  const cases: Record<VideoStatus, readonly string[]> = {
    queued: [
      'queued',
      'PENDING',
      'SUBMITTED',
      'submitted',
      'NOT_START',
      'NotStarted',
      'in_queue',
      'unknown',
      '',
    ],
    in_progress: [
      'in_progress',
      'IN_PROGRESS',
      'In Progress',
      'processing',
      'RUNNING',
      'generating',
      'dreaming',
    ],
    completed: [
      'completed',
      'SUCCESS',
      'SUCCEEDED',
      'succeed',
      'succeeded',
      'finished',
      ' done\n',
      'complete',
    ],
    failed: ['failed', 'FAILURE', 'FAILED', 'fail', 'cancelled', 'canceled', 'EXPIRED', 'nsfw', 'deleted'],
    error: ['error', 'ERROR'],
  }
  for (const [status, words] of Object.entries(cases)) {
    for (const word of words) assert.equal(statusOf(word), status, word)
  }
})

test('a status nobody knows means work going on, never failure, and stays readable in raw', () => {
  const video = read({ id: 'a', status: 'warming' })
  assert.equal(video.status, 'in_progress')
  assert.equal(video.raw['status'], 'warming')
  assert.equal(statusOf(undefined), 'queued')
  assert.equal(statusOf(7), 'queued')
})

test('raw does not show when the video is printed or copied', () => {
  const video = read({ id: 'a', status: 'queued', extra: 1 })
  assert.ok(!JSON.stringify(video).includes('extra'))
  assert.deepEqual(video.raw, { id: 'a', status: 'queued', extra: 1 })
})

test('a bare task gets every key of the wire object', () => {
  assert.deepEqual(
    read({ id: 'task_1', object: 'video', model: 'wan2.6', status: 'queued', progress: 0, created_at: 9 }),
    {
      id: 'task_1',
      task_id: 'task_1',
      object: 'video',
      model: 'wan2.6',
      status: 'queued',
      progress: 0,
      created_at: 9,
      completed_at: null,
      expires_at: null,
      prompt: null,
      size: null,
      seconds: null,
      remixed_from_video_id: null,
      error: null,
    },
  )
})

test('a whole wire object survives unchanged', () => {
  const wire = {
    id: 'video_1',
    task_id: 'video_1',
    object: 'video',
    model: 'wan2.6',
    status: 'completed',
    progress: 100,
    created_at: 1_779_938_152,
    completed_at: 1_779_938_219,
    expires_at: 1_780_000_000,
    prompt: 'a kite',
    size: '1280x720',
    seconds: '5',
    remixed_from_video_id: 'video_0',
    error: null,
    video_url: 'https://host/v/1?sig=2',
    metadata: { order: '7' },
    reelay: { provider: 'local', warnings: [], sha256: 'ab', bytes: 3, duration: 5 },
  }
  assert.deepEqual(read(wire), wire)
})

test('ids: id, else task_id, else a request id that stands alone', () => {
  assert.equal(read({ task_id: 'task_1', status: 'x' }).id, 'task_1')
  assert.equal(read({ id: 42 }).id, '42')
  const bare = read({ request_id: 'r1' })
  assert.deepEqual([bare.id, bare.status], ['r1', 'queued'])
  assert.equal(videoFromObject({ request_id: 'r1', error: { message: 'no' } }), null)
  assert.equal(videoFromObject({ request_id: 'r1', code: 'bad', message: 'no' }), null)
  assert.equal(videoFromObject({}), null)
})

test('progress: numbers, percents, nonsense; 100 only when completed', () => {
  assert.equal(progressOf('running', '45%'), 45)
  assert.equal(progressOf('running', 45.9), 45)
  assert.equal(progressOf('running', '100%'), 99)
  assert.equal(progressOf('running', -3), 0)
  assert.equal(progressOf('running', 'half'), 0)
  assert.equal(progressOf('running', null), 0)
  assert.equal(progressOf('success', '45%'), 100)
})

test('times: seconds, milliseconds, dates', () => {
  assert.equal(createdAt(1_779_938_152), 1_779_938_152)
  assert.equal(createdAt(1_779_938_152_345), 1_779_938_152)
  assert.equal(createdAt('1779938152'), 1_779_938_152)
  assert.equal(createdAt('2026-05-28T03:15:52Z'), 1_779_938_152)
  assert.equal(createdAt('yesterday'), 0)
  assert.equal(createdAt(undefined), 0)
})

test('the link: url stands in for video_url, and only a completed video has one', () => {
  assert.equal(read({ id: 'a', status: 'done', url: 'https://h/v.mp4' }).video_url, 'https://h/v.mp4')
  assert.equal(
    read({ id: 'a', status: 'done', video: { url: 'https://h/v.mp4' } }).video_url,
    'https://h/v.mp4',
  )
  assert.equal(read({ id: 'a', status: 'done', video_url: '', url: 'https://h/b' }).video_url, 'https://h/b')
  assert.ok(!('video_url' in read({ id: 'a', status: 'running', video_url: 'https://h/v.mp4' })))
  assert.ok(!('video_url' in read({ id: 'a', status: 'completed' })))
  assert.ok(!('video_url' in read({ id: 'a', status: 'completed', video_url: 'file:///etc/passwd' })))
})

test('the wrapper: the task is one level down, and its fail_reason is the link on success', () => {
  const data = { task_id: 't1', submit_time: 1_790_000_000, finish_time: 1_790_000_060, progress: '100%' }
  const done = read({
    code: 'success',
    message: '',
    data: { ...data, status: 'SUCCESS', fail_reason: 'https://h/v.mp4', data: { model: 'grok' } },
  })
  assert.deepEqual(
    [done.id, done.status, done.video_url, done.created_at, done.completed_at, done.model, done.error],
    ['t1', 'completed', 'https://h/v.mp4', 1_790_000_000, 1_790_000_060, 'grok', null],
  )
  const failed = read({
    code: 'success',
    request_id: 'r',
    data: { ...data, status: 'FAILURE', fail_reason: 'no credit' },
  })
  assert.deepEqual([failed.id, failed.status, failed.error?.message], ['t1', 'failed', 'no credit'])
})

test('the error of a task: object, text, absent; a numeric code becomes text', () => {
  assert.deepEqual(errorOf({ status: 'failed', error: { code: 500, message: 'cuda' } }), {
    code: '500',
    message: 'cuda',
    type: 'provider_error',
    param: null,
  })
  assert.deepEqual(errorOf({ status: 'ERROR', error: 'lost' }), {
    code: 'error',
    message: 'lost',
    type: 'gateway_error',
    param: null,
  })
  assert.deepEqual(errorOf({ status: 'failed' }), {
    code: 'failed',
    message: 'The server gives no reason',
    type: 'provider_error',
    param: null,
  })
  assert.equal(errorOf({ status: 'running', error: {} }), null)
})

test('an error with a 200 is an error; another body is an unexpected answer', async () => {
  const errorAnswer = await answerOf({ error: { message: 'no such model', code: 'model_not_found' } })
  assert.throws(() => videoFromAnswer(errorAnswer), {
    code: 'bad_request',
    serverCode: 'model_not_found',
    status: 200,
  })
  const missing = await answerOf({ code: 'task_not_exist', message: 'task_not_exist', data: null })
  assert.throws(() => videoFromAnswer(missing), { code: 'not_found' })
  for (const body of [{}, [], 'text', null, { data: [] }]) {
    const other = await answerOf(body)
    assert.throws(() => videoFromAnswer(other), { code: 'unexpected_answer' }, JSON.stringify(body))
  }
})

test('a task body is told from an error body', () => {
  assert.ok(isTaskBody({ id: 'a', object: 'video', status: 'failed' }))
  assert.ok(!isTaskBody({ id: 'a', object: 'error', status: 'failed' }))
  assert.ok(!isTaskBody({ error: { message: 'x' } }))
})
