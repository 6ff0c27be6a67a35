import assert from 'node:assert/strict'
import { mkdtemp, readdir, readFile, rm, utimes, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { newTask } from '../../../test/support/new-task.ts'
import type { MediaHost, RenderOptions } from '../../media/media-host.ts'
import { PreviewFailed } from '../../media/preview-failed.ts'
import type { PreviewJob } from '../../media/preview-job.ts'
import { silentLog } from '../../system/log.ts'
import { TestClock } from '../../system/test-clock.ts'
import type { Operation, Verdict } from '../../task/verdict.ts'
import { OutputGone, type InputFile, type Provider, type StartRequest } from '../provider.ts'
import { createLocal } from './index.ts'

const signal = new AbortController().signal
const HOUR_MS = 3_600_000
/** Turns of the event loop in which a written end must show: far more than any disk needs. */
const LOOKS_MAX = 20_000_000
const TOKEN = 'token-0123456789'

type Render = { job: PreviewJob; options: RenderOptions; finish(): Promise<void>; fail(error: Error): void }

/** Renders when the test says so. */
class FakeMedia implements MediaHost {
  readonly renders: Render[] = []
  missing: string | undefined

  unavailable(): Promise<string | undefined> {
    return Promise.resolve(this.missing)
  }

  render(job: PreviewJob, options: RenderOptions): Promise<void> {
    const { promise, resolve, reject } = Promise.withResolvers<void>()
    const finish = async (): Promise<void> => {
      await writeFile(job.outPath, 'video bytes')
      resolve()
    }
    this.renders.push({ job, options, finish, fail: reject })
    options.signal.addEventListener('abort', () => reject(new Error('ended')), { once: true })
    return promise
  }

  poster(): Promise<undefined> {
    return Promise.resolve(undefined)
  }

  stop(): Promise<void> {
    return Promise.resolve()
  }
}

/** A provider over a directory that outlives it. */
class Subject {
  readonly directory: string
  readonly clock: TestClock = new TestClock(Date.now())
  media!: FakeMedia
  provider!: Provider

  constructor(directory: string) {
    this.directory = directory
  }

  static async open(): Promise<Subject> {
    const subject = new Subject(await mkdtemp(join(tmpdir(), 'reelay-local-')))
    await subject.restart()
    return subject
  }

  /** A new process over the same directory. */
  async restart(): Promise<void> {
    this.media = new FakeMedia()
    const { directory, media, clock } = this
    this.provider = await createLocal({ directory, media, clock, log: silentLog })
  }

  async start(patch: Partial<StartRequest> = {}): Promise<Operation> {
    const outcome = await this.provider.start(request(patch))
    assert.ok(outcome.kind === 'accepted', JSON.stringify(outcome))
    return outcome.operation
  }

  probe(operation: Operation): Promise<Verdict> {
    return this.provider.probe(operation, signal)
  }

  /** Looks until the job is no longer under way: its end is written a few turns after the render's. */
  async settled(operation: Operation): Promise<Verdict> {
    for (let look = 0; look < LOOKS_MAX; look += 1) {
      const verdict = await this.probe(operation)
      if (verdict.kind !== 'running') return verdict
      await new Promise((resolve) => setImmediate(resolve))
    }
    throw new Error('the job never ended')
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.provider.stop?.()
    await rm(this.directory, { recursive: true, force: true })
  }
}

const request = (patch: Partial<StartRequest> = {}): StartRequest => ({
  request: newTask(0).request,
  model: 'preview',
  inputs: [],
  clientToken: TOKEN,
  callbackUrl: null,
  mayStillSend: () => true,
  signal,
  ...patch,
})

const picture = (role: InputFile['role'], content: string): InputFile => ({
  role,
  mime: 'image/png',
  bytes: 1,
  filename: content,
  read: () => Promise.resolve(new TextEncoder().encode(content)),
  publicUrl: () => '',
})

test('a job is accepted, tells its progress, and its bytes can be opened', async () => {
  await using s = await Subject.open()
  const operation = await s.start()
  const [render] = s.media.renders
  render!.options.onProgress(0.427)
  assert.deepEqual(await s.probe(operation), { kind: 'running', progress: 42 })
  await render!.finish()
  const verdict = await s.settled(operation)
  assert.ok(verdict.kind === 'done')
  const opened = await s.provider.open(verdict.outputs[0]!, operation, signal)
  assert.equal(opened.bytes, 11)
  const chunks: Uint8Array[] = []
  for await (const chunk of opened.body) chunks.push(chunk)
  opened.close()
  assert.equal(Buffer.concat(chunks).toString(), 'video bytes')
})

test('a job that a restart interrupted starts again by itself, with the same content', async () => {
  await using s = await Subject.open()
  const operation = await s.start()
  const before = s.media.renders[0]!.job
  await s.provider.stop?.()
  await s.restart()
  assert.equal(s.media.renders.length, 0, 'nothing runs before anybody asks')
  assert.equal((await s.probe(operation)).kind, 'waiting')
  assert.deepEqual(s.media.renders[0]!.job, before)
  assert.equal((await s.probe(operation)).kind, 'running')
  assert.equal(s.media.renders.length, 1, 'a second look starts no second render')
  await s.media.renders[0]!.finish()
  assert.equal((await s.settled(operation)).kind, 'done')
})

test('a finished job is still there after a restart', async () => {
  await using s = await Subject.open()
  const operation = await s.start()
  await s.media.renders[0]!.finish()
  await s.settled(operation)
  await s.restart()
  assert.equal((await s.probe(operation)).kind, 'done')
  assert.equal(s.media.renders.length, 0)
})

test('a lost answer is found by its client token, also after a restart, and absent means absent', async () => {
  await using s = await Subject.open()
  const operation = await s.start()
  assert.deepEqual(await s.provider.find?.(TOKEN, signal), operation)
  await s.restart()
  assert.deepEqual(await s.provider.find?.(TOKEN, signal), operation)
  assert.equal(await s.provider.find?.('another-token-0', signal), 'absent')
})

test('nothing is written when the lease ran out before the job', async () => {
  await using s = await Subject.open()
  const outcome = await s.provider.start(request({ mayStillSend: () => false }))
  assert.equal(outcome.kind, 'not_sent')
  assert.deepEqual(await readdir(s.directory), [])
  assert.equal(await s.provider.find?.(TOKEN, signal), 'absent')
})

test('a cancelled job stops and leaves nothing', async () => {
  await using s = await Subject.open()
  const operation = await s.start()
  assert.equal(await s.provider.cancel?.(operation, signal), 'cancelled')
  assert.ok(s.media.renders[0]!.options.signal.aborted)
  assert.deepEqual(await s.probe(operation), { kind: 'gone' })
  assert.deepEqual(await readdir(s.directory), [])
})

test('a job of an earlier process can be cancelled too', async () => {
  await using s = await Subject.open()
  const operation = await s.start()
  await s.provider.stop?.()
  await s.restart()
  await s.provider.cancel?.(operation, signal)
  assert.deepEqual(await s.probe(operation), { kind: 'gone' })
})

test('a failed render is a verdict with its reason, also after a restart', async () => {
  await using s = await Subject.open()
  const operation = await s.start()
  s.media.renders[0]!.fail(new PreviewFailed())
  const verdict = await s.settled(operation)
  assert.ok(verdict.kind === 'failed')
  assert.deepEqual([verdict.code, verdict.detail], ['provider_failed', new PreviewFailed().message])
  await s.restart()
  assert.deepEqual(await s.probe(operation), verdict)
})

test('without the media packages a job is refused with what is missing', async () => {
  await using s = await Subject.open()
  s.media.missing = 'node-av is not installed: npm install node-av'
  const outcome = await s.provider.start(request())
  assert.deepEqual(outcome, { kind: 'rejected', code: 'rejected_by_provider', detail: s.media.missing })
  assert.deepEqual(await s.provider.check?.(signal), { ok: false, detail: s.media.missing })
  s.media.missing = undefined
  assert.equal((await s.provider.check?.(signal))?.ok, true)
})

test('an operation that is no local job is gone, and never a path', async () => {
  await using s = await Subject.open()
  for (const providerTaskId of [
    '',
    'local-x',
    '../../etc/passwd',
    'local-../../../etc',
    `local-${'a'.repeat(65)}`,
  ]) {
    assert.deepEqual(await s.probe({ providerTaskId }), { kind: 'gone' }, providerTaskId)
    const output = { role: 'video', ref: providerTaskId } as const
    await assert.rejects(s.provider.open(output, { providerTaskId }, signal), /not a local job/)
  }
})

test('an output whose file is gone says so', async () => {
  await using s = await Subject.open()
  const operation = await s.start()
  const output = { role: 'video', ref: operation.providerTaskId } as const
  await assert.rejects(s.provider.open(output, operation, signal), OutputGone)
})

test('a request becomes a job: its size, length and seed, and its pictures in the order of their roles', async () => {
  await using s = await Subject.open()
  const { request: plain } = newTask(0)
  const inputs = [picture('last_frame', 'c'), picture('reference', 'b1'), picture('first_frame', 'a')]
  const wish = { ...plain, size: '320x180', seconds: '2', seed: 5, generateAudio: true }
  const operation = await s.start({ request: wish, inputs: [...inputs, picture('reference', 'b2')] })
  const { job } = s.media.renders[0]!
  assert.partialDeepStrictEqual(job, {
    prompt: 'a boat',
    seconds: 2,
    width: 320,
    height: 180,
    seed: 5,
    audio: true,
  })
  const shown = await Promise.all(job.inputImages.map((path) => readFile(path, 'utf8')))
  assert.deepEqual(shown, ['a', 'b1', 'b2', 'c'])
  await s.provider.cancel?.(operation, signal)
  assert.deepEqual(await readdir(s.directory), [], 'a cancelled job takes its pictures along')
})

test('the same prompt without a seed gives the same seed, another prompt another', async () => {
  await using s = await Subject.open()
  const { request: plain } = newTask(0)
  await s.start({ clientToken: 'token-aaaaaaaa' })
  await s.start({ clientToken: 'token-bbbbbbbb' })
  await s.start({ clientToken: 'token-cccccccc', request: { ...plain, prompt: 'a train' } })
  const [first, second, third] = s.media.renders.map(({ job }) => job)
  assert.equal(first!.seed, second!.seed)
  assert.notEqual(first!.seed, third!.seed)
  assert.deepEqual([first!.width, first!.height, first!.seconds], [1280, 720, 4])
})

test('a start sweeps what nobody fetched for two days, and keeps the rest', async () => {
  await using s = await Subject.open()
  await writeFile(join(s.directory, 'old.mp4'), '')
  await writeFile(join(s.directory, 'new.mp4'), '')
  const seconds = (ageMs: number) => (s.clock.nowMs() - ageMs) / 1_000
  await utimes(join(s.directory, 'old.mp4'), seconds(49 * HOUR_MS), seconds(49 * HOUR_MS))
  await utimes(join(s.directory, 'new.mp4'), seconds(47 * HOUR_MS), seconds(47 * HOUR_MS))
  await s.restart()
  assert.deepEqual(await readdir(s.directory), ['new.mp4'])
})
