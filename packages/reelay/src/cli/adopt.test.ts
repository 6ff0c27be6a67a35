import assert from 'node:assert/strict'
import { mkdtempDisposableSync, readFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { runProgram } from './program.ts'
import { completedVideo, refusal, testGateway, video } from './test-gateway.ts'
import { testIo } from './test-io.ts'

const bodyOf = (text: string | undefined): unknown => JSON.parse(text ?? '')

test('adopt names the job, and prints the id of its video alone', async () => {
  await using gateway = await testGateway(() => ({ json: video({ status: 'in_progress' }) }))
  const io = testIo({ url: gateway.url })
  assert.equal(await runProgram(['adopt', 'runway', 'job-1'], io), 0)
  assert.equal(io.stdout.text, 'video_1\n')
  assert.match(io.stderr.text, /in_progress; watch it with: reelay watch video_1/)
  const [request] = gateway.seen
  assert.deepEqual([request?.method, request?.path], ['POST', '/v1/videos/adopt'])
  assert.equal(request?.headers['idempotency-key'], 'fixed1')
  assert.deepEqual(bodyOf(request?.body), { provider: 'runway', id: 'job-1' })
})

test('every option reaches the request', async () => {
  await using gateway = await testGateway(() => ({ json: video() }))
  const io = testIo({ url: gateway.url })
  const words =
    'adopt kling 17 --model kling-v2-6 --endpoint image2video --prompt boat --metadata user=42 ' +
    '--callback-url https://b.test/hook --deadline 600 --idempotency-key k1 --json'
  assert.equal(await runProgram(words.split(' '), io), 0)
  assert.deepEqual(bodyOf(gateway.seen[0]?.body), {
    provider: 'kling',
    id: '17',
    model: 'kling-v2-6',
    endpoint: 'image2video',
    prompt: 'boat',
    metadata: { user: '42' },
    callback_url: 'https://b.test/hook',
    deadline: 600,
  })
  assert.equal(gateway.seen[0]?.headers['idempotency-key'], 'k1')
  assert.deepEqual(JSON.parse(io.stdout.text), video())
})

test('--out waits and writes the file', async () => {
  using folder = mkdtempDisposableSync(join(tmpdir(), 'reelay-cli-'))
  await using gateway = await testGateway(({ method, path }) => {
    if (path.includes('/content')) return { bytes: Buffer.from('\0film') }
    return { json: method === 'POST' ? video() : completedVideo() }
  })
  const out = join(folder.path, 'boat.mp4')
  const io = testIo({ url: gateway.url })
  assert.equal(await runProgram(['adopt', 'runway', 'job-1', '--out', out], io), 0)
  assert.equal(readFileSync(out, 'utf8'), '\0film')
})

test('refusals come with their exit codes and words', async () => {
  const cases: [number, string, number][] = [
    [404, 'job_not_found', 5],
    [409, 'job_taken', 2],
    [403, 'insufficient_scope', 6],
  ]
  for (const [status, code, exitCode] of cases) {
    await using gateway = await testGateway(() => refusal(status, code, 'The video video_9 is of this job.'))
    const io = testIo({ url: gateway.url })
    assert.equal(await runProgram(['adopt', 'runway', 'job-1'], io), exitCode, code)
    assert.match(io.stderr.text, /video_9 is of this job/)
  }
  assert.equal(await runProgram(['adopt', 'runway'], testIo()), 2)
})
