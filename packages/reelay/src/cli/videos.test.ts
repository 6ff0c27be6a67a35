import assert from 'node:assert/strict'
import { test } from 'node:test'
import { runProgram } from './program.ts'
import { completedVideo, refusal, testGateway, video } from './test-gateway.ts'
import { testIo } from './test-io.ts'

const page = (data: readonly object[], hasMore = false): { json: object } => ({
  json: { object: 'list', data, has_more: hasMore },
})

test('get shows the facts, or the object as JSON', async () => {
  const made = completedVideo({
    reelay: { provider: 'local', warnings: ['size_normalised'], bytes: 12_345_678 },
  })
  await using gateway = await testGateway(() => ({ json: made }))
  const io = testIo({ url: gateway.url })
  assert.equal(await runProgram(['get', 'video_1'], io), 0)
  assert.match(io.stdout.text, /^created {3}1m ago$/m)
  assert.match(io.stdout.text, /^bytes {5}12\.3 MB$/m)
  assert.match(io.stdout.text, /^warnings {2}size_normalised$/m)
  assert.doesNotMatch(io.stdout.text, /error|expires/)
  const json = testIo({ url: gateway.url })
  assert.equal(await runProgram(['get', 'video_1', '--json'], json), 0)
  assert.deepEqual(JSON.parse(json.stdout.text), made)
})

test('get of an unknown id answers 5', async () => {
  await using gateway = await testGateway(() => refusal(404, 'video_not_found', 'No such video'))
  const io = testIo({ url: gateway.url })
  assert.equal(await runProgram(['get', 'video_9'], io), 5)
  assert.match(io.stderr.text, /^error: HTTP 404: No such video\n$/)
})

test('colours are for terminals, and not for those who want none', async () => {
  await using gateway = await testGateway(() => ({ json: completedVideo() }))
  const coloured = testIo({ url: gateway.url, terminal: { columns: 80 } })
  await runProgram(['get', 'video_1'], coloured)
  assert.ok(coloured.stdout.text.includes('\u001b[32mcompleted\u001b[39m'))
  const plain = testIo({ url: gateway.url, terminal: { columns: 80 }, env: { NO_COLOR: '1' } })
  await runProgram(['get', 'video_1'], plain)
  assert.ok(!plain.stdout.text.includes('\u001b'))
})

test('list aligns, passes the filters on, and says when there is more', async () => {
  await using gateway = await testGateway(() => page([video(), completedVideo({ id: 'video_22' })], true))
  const io = testIo({ url: gateway.url })
  assert.equal(await runProgram(['list', '--status', 'queued', '--model', 'm', '--limit', '1'], io), 0)
  assert.equal(gateway.seen[0]?.path, '/v1/videos?limit=2&status=queued&model=m')
  assert.equal(
    io.stdout.text,
    [
      'ID       STATUS  DONE  MODEL          CREATED  PROMPT',
      'video_1  queued    0%  local/preview  1m ago   a paper boat',
      '',
    ].join('\n'),
  )
  assert.match(io.stderr.text, /--all/)
})

test('list --all reads every page, in JSON as one list', async () => {
  const pages = [page([video({ id: 'a' }), video({ id: 'b' })], true), page([video({ id: 'c' })])]
  await using gateway = await testGateway((_request, index) => pages[index] ?? page([]))
  const io = testIo({ url: gateway.url })
  assert.equal(await runProgram(['list', '--all', '--json'], io), 0)
  assert.deepEqual(JSON.parse(io.stdout.text), {
    object: 'list',
    data: [video({ id: 'a' }), video({ id: 'b' }), video({ id: 'c' })],
    first_id: 'a',
    last_id: 'c',
    has_more: false,
  })
  assert.deepEqual(
    gateway.seen.map(({ path }) => path),
    ['/v1/videos?limit=100', '/v1/videos?limit=100&after=b'],
  )
})

test('list refuses a status that does not exist, and says something when there is nothing', async () => {
  await using gateway = await testGateway(() => page([]))
  const wrong = testIo({ url: gateway.url })
  assert.equal(await runProgram(['list', '--status', 'done'], wrong), 2)
  assert.match(wrong.stderr.text, /queued, in_progress, completed, failed, error/)
  const empty = testIo({ url: gateway.url })
  assert.equal(await runProgram(['list'], empty), 0)
  assert.equal(empty.stdout.text, '')
  assert.match(empty.stderr.text, /reelay create/)
})

test('watch follows several; one that failed makes it 4, one unknown makes it 5', async () => {
  await using gateway = await testGateway(({ path }) => {
    if (path.endsWith('good')) return { json: completedVideo({ id: 'good' }) }
    if (path.endsWith('bad')) return { json: completedVideo({ id: 'bad', status: 'error', progress: 9 }) }
    return refusal(404, 'video_not_found', 'No such video')
  })
  const both = testIo({ url: gateway.url })
  assert.equal(await runProgram(['watch', 'good', 'bad', 'good'], both), 4)
  assert.match(both.stderr.text, /good {2}completed {2}100% {2}40s/)
  assert.match(both.stderr.text, /error: bad ended as error/)
  assert.equal(gateway.seen.length, 2)
  assert.equal(await runProgram(['watch', 'good', 'none', 'bad'], testIo({ url: gateway.url })), 5)
  assert.equal(await runProgram(['watch', 'good'], testIo({ url: gateway.url })), 0)
})

test('watch --json writes a line of JSON for every change', async () => {
  const answers = [video(), video(), video({ status: 'in_progress', progress: 7 }), completedVideo()]
  await using gateway = await testGateway((_request, index) => ({ json: answers[index] }))
  const io = testIo({ url: gateway.url })
  assert.equal(await runProgram(['watch', 'video_1', '--json'], io), 0)
  const lines = io.stdout.text.trim().split('\n')
  assert.deepEqual(
    lines.map((line): unknown => JSON.parse(line)),
    [video(), video({ status: 'in_progress', progress: 7 }), completedVideo()],
  )
  assert.equal(io.stderr.text, '')
})

test('Ctrl-C while watching names those that go on', async () => {
  const waiting = Promise.withResolvers<void>()
  await using gateway = await testGateway(({ path }) => {
    if (path.endsWith('good')) return { json: completedVideo({ id: 'good' }) }
    waiting.resolve()
    return new Promise(() => {})
  })
  const io = testIo({ url: gateway.url })
  const run = runProgram(['watch', 'slow', 'slower'], io)
  await waiting.promise
  io.interrupt()
  assert.equal(await run, 130)
  assert.match(io.stderr.text, /the tasks go on, watch them with: reelay watch slow slower/)
})

test('cancel says what came of it', async () => {
  const cancelled = completedVideo({
    status: 'failed',
    error: { code: 'cancelled', message: 'x', type: 'provider_error', param: null },
    reelay: { provider: 'fal', warnings: ['upstream_may_still_bill'] },
  })
  const answers = [cancelled, completedVideo(), video({ status: 'in_progress' })]
  await using gateway = await testGateway((_request, index) => ({ json: answers[index] }))
  const expected = [/cancelled\n$/, /completed: it had ended already/, /in_progress: the gateway is asked/]
  for (const words of expected) {
    const io = testIo({ url: gateway.url })
    assert.equal(await runProgram(['cancel', 'video_1'], io), 0)
    assert.match(io.stdout.text, words)
  }
  assert.equal(gateway.seen[0]?.path, '/v1/videos/video_1/cancel')
})

test('delete asks a person, unless told not to', async () => {
  await using gateway = await testGateway(() => ({ json: { id: 'video_1', deleted: true } }))
  const { url } = gateway
  const terminal = { columns: 80 }
  const no = testIo({ url, terminal, answer: false })
  assert.equal(await runProgram(['delete', 'video_1'], no), 0)
  assert.equal(no.questions.length, 1)
  assert.equal(await runProgram(['delete', 'video_1'], testIo({ url, terminal, answer: null })), 130)
  assert.equal(gateway.seen.length, 0)
  const yes = testIo({ url, terminal, answer: true })
  assert.equal(await runProgram(['delete', 'video_1'], yes), 0)
  assert.equal(yes.stdout.text, 'video_1  deleted\n')
  for (const io of [testIo({ url, terminal }), testIo({ url })]) {
    assert.equal(await runProgram(['delete', 'video_1', '--yes'], io), 0)
    assert.equal(io.questions.length, 0)
  }
  assert.equal(await runProgram(['delete', 'video_1'], testIo({ url })), 0)
  assert.equal(gateway.seen.length, 4)
})
