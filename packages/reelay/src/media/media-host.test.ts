import assert from 'node:assert/strict'
import { once } from 'node:events'
import { readdir, readFile, writeFile } from 'node:fs/promises'
import { after, before, test } from 'node:test'
import { silentLog, type Log } from '../system/log.ts'
import { TestClock } from '../system/test-clock.ts'
import type { PosterJob } from './child-messages.ts'
import { MediaFailed, type MediaFailure } from './media-failed.ts'
import { PreviewFailed } from './preview-failed.ts'
import { probeVideo } from './probe.ts'
import { sniffImage } from './sniff.ts'
import { createTestMedia, plainPng, sha256, type TestMedia } from './test-media.ts'

/** Longer than any test: a render with it ends only when something ends it. */
const ENDLESS = '[slow=50s]'

let media: TestMedia

before(async () => {
  media = await createTestMedia()
})

after(async () => {
  await media[Symbol.asyncDispose]()
})

function quiet(signal: AbortSignal = new AbortController().signal): {
  signal: AbortSignal
  onProgress: (fraction: number) => void
} {
  return { signal, onProgress: () => {} }
}

function failsWith(reason: MediaFailure, message?: RegExp): (error: unknown) => boolean {
  return (error) => {
    assert.ok(error instanceof MediaFailed, String(error))
    assert.equal(error.reason, reason, error.message)
    if (message !== undefined) assert.match(error.message, message)
    return true
  }
}

/** Starts a render that does not end by itself; resolves as soon as it has made progress. */
async function startEndless(
  target: TestMedia,
  name: string,
): Promise<{ render: Promise<void>; abort: AbortController }> {
  const abort = new AbortController()
  const begun = Promise.withResolvers<void>()
  const job = target.job(name, { prompt: `a fox ${ENDLESS}`, seconds: 60, fps: 24 })
  const render = target.host.render(job, { signal: abort.signal, onProgress: () => begun.resolve() })
  render.catch(() => {})
  await Promise.race([begun.promise, render])
  return { render, abort }
}

async function leftovers(target: TestMedia): Promise<string[]> {
  return (await readdir(target.folder)).filter((name) => name.includes('.part'))
}

test('the packages are found', async () => {
  assert.equal(await media.host.unavailable(), undefined)
})

test('the same request gives the same bytes, another seed others', async () => {
  const job = { prompt: 'sailboat at sunset', audio: true }
  await media.host.render(media.job('one.mp4', job), quiet())
  await media.host.render(media.job('two.mp4', job), quiet())
  await media.host.render(media.job('other.mp4', { ...job, seed: 2 }), quiet())
  assert.equal(await sha256(media.path('one.mp4')), await sha256(media.path('two.mp4')))
  assert.notEqual(await sha256(media.path('one.mp4')), await sha256(media.path('other.mp4')))
  assert.deepEqual(await leftovers(media), [])
})

test('size, length and rate are as asked, and the index comes first', async () => {
  const job = media.job('asked.mp4', { width: 180, height: 322, seconds: 1.5, fps: 12 })
  await media.host.render(job, quiet())
  const probe = await probeVideo(job.outPath)
  assert.deepEqual([probe.width, probe.height, probe.durationMs, probe.fps], [180, 322, 1500, 12])
  const bytes = await readFile(job.outPath)
  assert.ok(bytes.indexOf('moov', 0, 'latin1') < bytes.indexOf('mdat', 0, 'latin1'))
})

test('progress rises in real steps to 1', async () => {
  const seen: number[] = []
  await media.host.render(media.job('steps.mp4'), {
    ...quiet(),
    onProgress: (fraction) => seen.push(fraction),
  })
  assert.ok(seen.length >= 20, `only ${seen.length} steps`)
  assert.equal(seen.at(-1), 1)
  for (const [index, fraction] of seen.entries()) assert.ok(fraction > (seen[index - 1] ?? 0))
})

test('[slow] stretches the render evenly', async () => {
  const startedMs = performance.now()
  let halfMs = 0
  await media.host.render(media.job('slow.mp4', { prompt: 'a fox [slow=800ms]' }), {
    ...quiet(),
    onProgress: (fraction) => {
      if (fraction <= 0.5) halfMs = performance.now() - startedMs
    },
  })
  assert.ok(performance.now() - startedMs >= 800)
  assert.ok(halfMs >= 370, `half was reached after ${halfMs} ms`)
})

test('[fail] fails after some progress, says why, and leaves no file', async () => {
  const seen: number[] = []
  const render = media.host.render(media.job('fail.mp4', { prompt: 'a fox [fail]' }), {
    ...quiet(),
    onProgress: (fraction) => seen.push(fraction),
  })
  await assert.rejects(render, (error) => error instanceof PreviewFailed && error.message.includes('[fail]'))
  assert.ok((seen.at(-1) ?? 0) > 0.3 && (seen.at(-1) ?? 1) < 1)
  assert.deepEqual(
    (await readdir(media.folder)).filter((name) => name.startsWith('fail')),
    [],
  )
})

test('input pictures are shown, and several cross-fade', async () => {
  await writeFile(media.path('red.png'), plainPng(64, 48, [200, 30, 30]))
  await writeFile(media.path('blue.png'), plainPng(30, 90, [30, 30, 200]))
  const inputImages = [media.path('red.png'), media.path('blue.png')]
  await media.host.render(media.job('pictures.mp4', { inputImages }), quiet())
  await media.host.render(media.job('picture.mp4', { inputImages: inputImages.slice(0, 1) }), quiet())
  assert.equal((await probeVideo(media.path('pictures.mp4'))).durationMs, 1000)
  assert.notEqual(await sha256(media.path('pictures.mp4')), await sha256(media.path('picture.mp4')))
})

test('a job that cannot be done is refused in words that say what is legal', async () => {
  const refused = async (changes: Parameters<TestMedia['job']>[1], message: RegExp): Promise<void> => {
    await assert.rejects(
      media.host.render(media.job('no.mp4', changes), quiet()),
      failsWith('bad_input', message),
    )
  }
  await refused({ width: 321 }, /even and between 64 and 1920/)
  await refused({ height: 4096 }, /even and between 64 and 1920/)
  await refused({ seconds: 0 }, /between 1 and 60/)
  await refused({ seconds: Number.NaN }, /between 1 and 60/)
  await writeFile(media.path('page.png'), '<!doctype html>')
  await refused({ inputImages: [media.path('page.png')] }, /Input image 1 is not a PNG/)
  await writeFile(media.path('cut.png'), plainPng(64, 64, [1, 2, 3]).subarray(0, 24))
  await refused({ inputImages: [media.path('cut.png')] }, /Input image 1 cannot be decoded/)
})

function stillsOf(target: TestMedia, name: string): PosterJob {
  return {
    videoPath: target.path(`${name}.mp4`),
    posterPath: target.path(`${name}.jpg`),
    sheetPath: target.path(`${name}.sheet.jpg`),
    sheetFramesMax: 5,
  }
}

test('a poster is a JPEG of the video’s size, made with a sheet while a render runs', async () => {
  await media.host.render(media.job('film.mp4'), quiet())
  const { render, abort } = await startEndless(media, 'long.mp4')
  const poster = await media.host.poster(stillsOf(media, 'film'), quiet().signal)
  assert.deepEqual(poster, {
    width: 320,
    height: 180,
    sheet: { width: 480, height: 180, frames: 5 },
  })
  for (const name of ['film.jpg', 'film.sheet.jpg'])
    assert.equal(sniffImage(await readFile(media.path(name))), 'image/jpeg', name)
  abort.abort()
  await assert.rejects(render, failsWith('cancelled'))
})

test('what is no video has no poster, and that is no error', async () => {
  await writeFile(media.path('page.mp4'), '<!doctype html><html></html>')
  await writeFile(media.path('playlist.mp4'), '#EXTM3U\n#EXTINF:1,\nfile:///etc/hostname\n')
  await media.host.render(media.job('whole.mp4'), quiet())
  await writeFile(media.path('half.mp4'), (await readFile(media.path('whole.mp4'))).subarray(0, 900))
  for (const name of ['page', 'playlist', 'half', 'absent'])
    assert.equal(await media.host.poster(stillsOf(media, name), quiet().signal), undefined, name)
  const made = (await readdir(media.folder)).filter((name) => /^(page|playlist|half|absent).*jpg/.test(name))
  assert.deepEqual(made, [])
})

test('a cancelled render ends at once, leaves nothing, and the next one works', async () => {
  const { render, abort } = await startEndless(media, 'cancelled.mp4')
  abort.abort()
  await assert.rejects(render, failsWith('cancelled'))
  assert.deepEqual(
    (await readdir(media.folder)).filter((name) => name.startsWith('cancelled')),
    [],
  )
  await media.host.render(media.job('next.mp4'), quiet())
})

test('a job that waits its turn can be cancelled without touching the one that runs', async () => {
  const { render, abort } = await startEndless(media, 'first.mp4')
  const waiting = new AbortController()
  const second = media.host.render(media.job('second.mp4'), quiet(waiting.signal))
  waiting.abort()
  await assert.rejects(second, failsWith('cancelled'))
  const third = media.host.render(media.job('third.mp4'), quiet())
  abort.abort()
  await assert.rejects(render, failsWith('cancelled'))
  await third
  await assert.rejects(
    media.host.render(media.job('late.mp4'), quiet(AbortSignal.abort())),
    failsWith('cancelled'),
  )
})

test('a native crash fails the job and nothing else', async () => {
  const { render } = await startEndless(media, 'crash.mp4')
  media.children.at(-1)!.kill('SIGSEGV')
  await assert.rejects(render, failsWith('crashed', /SIGSEGV/))
  assert.deepEqual(await leftovers(media), [])
  await media.host.render(media.job('after-crash.mp4'), quiet())
})

test('a render that takes too long is ended', async () => {
  const clock = new TestClock()
  await using limited = await createTestMedia({ clock })
  const { render } = await startEndless(limited, 'late.mp4')
  clock.advance(3_600_000)
  await assert.rejects(render, failsWith('timed_out', /longer than \d+ s/))
  assert.deepEqual(await leftovers(limited), [])
})

test('stopping ends the running job, the waiting ones and the children', async () => {
  await using stopping = await createTestMedia()
  const { render } = await startEndless(stopping, 'running.mp4')
  const waiting = stopping.host.render(stopping.job('waiting.mp4'), quiet())
  const refusedWaiting = assert.rejects(waiting, failsWith('stopped'))
  await stopping.host.stop()
  await assert.rejects(render, failsWith('stopped'))
  await refusedWaiting
  await assert.rejects(stopping.host.render(stopping.job('never.mp4'), quiet()), failsWith('stopped'))
  for (const child of stopping.children) assert.equal(child.exitCode ?? child.signalCode, 'SIGKILL')
})

function warningLog(): { log: Log; warnings: string[] } {
  const warnings: string[] = []
  return { warnings, log: { ...silentLog, warn: (_fields, message) => warnings.push(message) } }
}

test('a stop warns of no child: neither of an idle one nor of one in the start-up check', async () => {
  for (const isIdle of [true, false]) {
    const { log, warnings } = warningLog()
    await using stopping = await createTestMedia({ log })
    const check = stopping.host.unavailable()
    check.catch(() => {})
    if (isIdle) await check
    while (stopping.children.length === 0) await new Promise((resolve) => setImmediate(resolve))
    await stopping.host.stop()
    if (!isIdle) await assert.rejects(check, failsWith('stopped'))
    assert.deepEqual(warnings, [], isIdle ? 'idle' : 'in the check')
  }
})

test('a child that dies by itself during a job is warned of', async () => {
  const { log, warnings } = warningLog()
  await using crashing = await createTestMedia({ log })
  const { render } = await startEndless(crashing, 'warned.mp4')
  crashing.children.at(-1)!.kill('SIGSEGV')
  await assert.rejects(render, failsWith('crashed'))
  assert.deepEqual(warnings, ['The media process ended during a job.'])
})

test('a child leaves when it is idle, and a new one takes the next job', async () => {
  await using idle = await createTestMedia({ idleMs: 30 })
  assert.equal(await idle.host.unavailable(), undefined)
  const [checker] = idle.children
  if (checker!.exitCode === null) await once(checker!, 'exit')
  assert.equal(checker!.exitCode, 0)
  await idle.host.render(idle.job('again.mp4'), quiet())
  assert.equal(idle.children.length, 2)
})

test('a child whose parent is gone ends and takes its part file along', async () => {
  await using orphaned = await createTestMedia()
  const { render } = await startEndless(orphaned, 'orphan.mp4')
  assert.deepEqual(await leftovers(orphaned), ['orphan.mp4.part'])
  const child = orphaned.children.at(-1)!
  const exit = once(child, 'exit')
  child.disconnect()
  await exit
  assert.equal(child.exitCode, 0)
  await assert.rejects(render, failsWith('crashed'))
  assert.deepEqual(await leftovers(orphaned), [])
})

test('absent packages are named, with what to do, and cost only the poster', async () => {
  const hide = `import { registerHooks } from 'node:module'
    registerHooks({ resolve(name, context, next) {
      if (!name.startsWith('node-av')) return next(name, context)
      throw Object.assign(new Error('Cannot find package'), { code: 'ERR_MODULE_NOT_FOUND' })
    } })`
  const execArgv = ['--import', `data:text/javascript,${encodeURIComponent(hide)}`]
  await using bare = await createTestMedia({ execArgv })
  assert.match(
    (await bare.host.unavailable()) ?? '',
    /: node-av \(not installed\)\. Install them with `npm install/,
  )
  await assert.rejects(bare.host.render(bare.job('no.mp4'), quiet()), failsWith('unavailable', /node-av/))
  assert.equal(await bare.host.poster(stillsOf(bare, 'x'), quiet().signal), undefined)
})

test('the child sees none of the secrets of its parent', async () => {
  const seen: string[] = []
  await using watched = await createTestMedia({
    forkChild: (_module, _values, settings) => {
      seen.push(JSON.stringify(settings.env))
      throw new Error('not started')
    },
  })
  process.env['REELAY_TEST_API_KEY'] = 'secret'
  await assert.rejects(watched.host.unavailable(), /not started/)
  delete process.env['REELAY_TEST_API_KEY']
  assert.equal(seen.length, 1)
  assert.equal(seen[0]!.includes('secret'), false)
})
