import assert from 'node:assert/strict'
import { mkdtempDisposableSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { runProgram } from './program.ts'
import { completedVideo, refusal, testGateway, video } from './test-gateway.ts'
import { testIo } from './test-io.ts'

const bodyOf = (text: string | undefined): unknown => JSON.parse(text ?? '')

test('create prints the id alone, and the hint elsewhere', async () => {
  await using gateway = await testGateway(() => ({ json: video() }))
  const io = testIo({ url: gateway.url })
  assert.equal(await runProgram(['create', 'a paper boat'], io), 0)
  assert.equal(io.stdout.text, 'video_1\n')
  assert.match(io.stderr.text, /reelay watch video_1/)
  const [request] = gateway.seen
  assert.equal(request?.headers.authorization, 'Bearer rk_test')
  assert.equal(request?.headers['idempotency-key'], 'fixed1')
  assert.deepEqual(bodyOf(request?.body), { prompt: 'a paper boat' })
})

test('every option reaches the request', async () => {
  await using gateway = await testGateway(() => ({ json: video() }))
  const io = testIo({ url: gateway.url })
  const words = [
    'create x --model kling/v2 --seconds 5 --size 1280x720 --resolution 720p --aspect-ratio 16:9',
    '--image https://a.test/1.png --image https://a.test/2.png --first-frame https://a.test/f.png',
    '--last-frame data:image/png;base64,AA --negative-prompt blur --seed 7 --no-audio',
    '--provider-option steps=30 --provider-option style=noir --metadata user=42',
    '--callback-url https://b.test/hook --deadline 600 --normalize --idempotency-key k1 --json',
  ]
  assert.equal(await runProgram(words.join(' ').split(' '), io), 0)
  assert.deepEqual(bodyOf(gateway.seen[0]?.body), {
    model: 'kling/v2',
    prompt: 'x',
    seconds: '5',
    size: '1280x720',
    resolution: '720p',
    aspect_ratio: '16:9',
    input_reference: ['https://a.test/1.png', 'https://a.test/2.png'],
    first_frame: 'https://a.test/f.png',
    last_frame: 'data:image/png;base64,AA',
    negative_prompt: 'blur',
    seed: 7,
    generate_audio: false,
    callback_url: 'https://b.test/hook',
    metadata: { user: '42' },
    provider_options: { steps: 30, style: 'noir' },
    deadline: 600,
    normalize: 'nearest',
  })
  assert.equal(gateway.seen[0]?.headers['idempotency-key'], 'k1')
  assert.deepEqual(JSON.parse(io.stdout.text), video())
  assert.equal(io.stderr.text, '')
})

test('a file is uploaded under its own name', async () => {
  using folder = mkdtempDisposableSync(join(tmpdir(), 'reelay-cli-'))
  const path = join(folder.path, 'cat.png')
  writeFileSync(path, 'pixels')
  await using gateway = await testGateway(() => ({ json: video() }))
  assert.equal(await runProgram(['create', 'x', '--image', path], testIo({ url: gateway.url })), 0)
  const body = gateway.seen[0]?.body ?? ''
  assert.match(body, /name="input_reference"; filename="cat.png"\r\nContent-Type: image\/png\r\n\r\npixels/)
})

test('what cannot be sent is refused before anything is asked', async () => {
  await using gateway = await testGateway(() => ({ json: completedVideo() }))
  const cases: [string[], RegExp][] = [
    [['create', ' '], /prompt is empty/],
    [['create', 'x', '--image', '/nowhere/cat.png'], /There is no file \/nowhere\/cat.png\n.*--image/],
    [['create', 'x', '--seed', '1.5'], /whole number/],
    [['create', 'x', '--seconds', 'long'], /above 0/],
    [['create', 'x', '--metadata', 'user'], /name=value/],
    [['create', 'x', '--out', '/nowhere/a.mp4'], /no folder \/nowhere/],
    [['create', 'x', '--json', '--out', '-'], /standard output/],
  ]
  for (const [argv, message] of cases) {
    const io = testIo({ url: gateway.url })
    assert.equal(await runProgram(argv, io), 2, argv.join(' '))
    assert.match(io.stderr.text, message)
  }
  assert.equal(gateway.seen.length, 0)
})

test('--wait shows a line for each change and then the video', async () => {
  const answers = [
    video(),
    video(),
    video({ status: 'in_progress', progress: 40 }),
    completedVideo({ video_url: 'https://v.test/1' }),
  ]
  await using gateway = await testGateway((_request, index) => ({ json: answers[index] }))
  const io = testIo({ url: gateway.url })
  assert.equal(await runProgram(['create', 'x', '--wait'], io), 0)
  assert.deepEqual(io.stderr.text.trim().split('\n'), [
    'video_1',
    'video_1  queued  0%  1m 30s',
    'video_1  in_progress  40%  1m 30s',
    'video_1  completed  100%  40s',
  ])
  assert.match(io.stdout.text, /^status {3}completed$/m)
  assert.match(io.stdout.text, /^took {5}40s$/m)
  assert.match(io.stdout.text, /^url {6}https:\/\/v.test\/1$/m)
})

test('--wait of a task that fails answers 4; with --json the object is all of standard output', async () => {
  const failed = video({
    status: 'failed',
    completed_at: 1_789_999_950,
    error: { code: 'moderation', message: 'refused', type: 'provider_error', param: null },
  })
  await using gateway = await testGateway((_request, index) => ({ json: index === 0 ? video() : failed }))
  const plain = testIo({ url: gateway.url })
  assert.equal(await runProgram(['create', 'x', '--wait'], plain), 4)
  assert.match(plain.stderr.text, /error: video_1 ended as failed: refused \(moderation\)/)
  assert.equal(plain.stdout.text, '')
  await using other = await testGateway((_request, index) => ({ json: index === 0 ? video() : failed }))
  const json = testIo({ url: other.url })
  assert.equal(await runProgram(['--json', 'create', 'x', '--wait'], json), 4)
  assert.deepEqual(JSON.parse(json.stdout.text), failed)
  assert.equal(json.stderr.text, '')
})

test('--out waits and writes the file', async () => {
  using folder = mkdtempDisposableSync(join(tmpdir(), 'reelay-cli-'))
  await using gateway = await testGateway(({ method, path }) => {
    if (path.includes('/content')) return { bytes: Buffer.from('\0film') }
    return { json: method === 'POST' ? video() : completedVideo() }
  })
  const out = join(folder.path, 'boat.mp4')
  const io = testIo({ url: gateway.url })
  assert.equal(await runProgram(['create', 'x', '--out', out], io), 0)
  assert.equal(readFileSync(out, 'utf8'), '\0film')
  assert.deepEqual(readdirSync(folder.path), ['boat.mp4'])
  assert.equal(io.stdout.text, 'video_1\n')
  const again = testIo({ url: gateway.url })
  const asked = gateway.seen.length
  assert.equal(await runProgram(['create', 'x', '--out', out], again), 2)
  assert.match(again.stderr.text, /exists already\nhint: pass --force/)
  assert.equal(gateway.seen.length, asked, 'no second video is paid for')
})

test('Ctrl-C while waiting says that the task goes on', async () => {
  const waiting = Promise.withResolvers<void>()
  await using gateway = await testGateway(({ method }) => {
    if (method === 'POST') return { json: video() }
    waiting.resolve()
    return new Promise(() => {})
  })
  const io = testIo({ url: gateway.url })
  const run = runProgram(['create', 'x', '--wait'], io)
  await waiting.promise
  io.interrupt()
  assert.equal(await run, 130)
  assert.match(io.stderr.text, /the task goes on, watch it with: reelay watch video_1/)
})

test('Ctrl-C before the answer says how to repeat without a second video', async () => {
  const asked = Promise.withResolvers<void>()
  await using gateway = await testGateway(() => {
    asked.resolve()
    return new Promise(() => {})
  })
  const io = testIo({ url: gateway.url })
  const run = runProgram(['create', 'x'], io)
  await asked.promise
  io.interrupt()
  assert.equal(await run, 130)
  assert.match(io.stderr.text, /--idempotency-key fixed1/)
})

test("the gateway's refusals come with their exit codes, in words or as the envelope", async () => {
  const cases: [number, string, number][] = [
    [400, 'unknown_parameter', 2],
    [401, 'invalid_api_key', 6],
    [403, 'forbidden', 6],
    [404, 'video_not_found', 5],
    [422, 'idempotency_mismatch', 2],
    [500, 'invalid_request', 1],
  ]
  for (const [status, code, exitCode] of cases) {
    await using gateway = await testGateway(() => refusal(status, code, 'no\u001b[2J way'))
    const io = testIo({ url: gateway.url })
    assert.equal(await runProgram(['create', 'x', '--json'], io), exitCode, code)
    assert.deepEqual(bodyOf(io.stderr.text), {
      error: { message: `HTTP ${status}: no\u001b[2J way`, type: 'invalid_request_error', param: null, code },
    })
    const plain = testIo({ url: gateway.url })
    assert.equal(await runProgram(['create', 'x'], plain), exitCode, code)
    assert.match(plain.stderr.text, /^error: HTTP \d+: no\[2J way\n/)
  }
})
