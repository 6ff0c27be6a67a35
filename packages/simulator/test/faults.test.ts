import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import type { LedgerEntry } from '../src/ledger.ts'
import { freePort } from './free-port.ts'
import { ask, createForm, createTask, failureCode, fieldsOf, poll, type Reply } from './test-client.ts'
import { startSimulator, type Simulator } from '../src/simulator.ts'

let simulator: Simulator
before(async () => {
  // One that is free when an outage by refusal gives it back.
  simulator = await startSimulator({ port: await freePort() })
})
after(() => simulator.close())

async function create(fault: string): Promise<{ reply: Reply; entry: LedgerEntry }> {
  const reply = await createForm(simulator.url, { model: 'wan2.6', prompt: `[up:create=${fault}]` })
  return { reply, entry: simulator.ledger.at(-1)! }
}

const BROKEN: readonly [fault: string, code: RegExp][] = [
  ['reset', /ECONNRESET/u],
  ['fin', /UND_ERR_SOCKET/u],
  ['garbage', /HTTPParserError/u],
  ['two-lengths', /UND_ERR_RES_CONTENT_LENGTH_MISMATCH/u],
]

for (const [fault, code] of BROKEN) {
  test(`a create that ends in ${fault} was accepted only when the fault says so`, async () => {
    const count = simulator.ledger.length
    assert.match(await failureCode(create(fault)), code)
    assert.match(await failureCode(create(`${fault}-after-accept`)), code)
    const entries = simulator.ledger.slice(count)
    assert.deepEqual(
      entries.map((entry) => [entry.accepted, entry.id !== null, entry.fault]),
      [
        [false, false, fault],
        [true, true, `${fault}-after-accept`],
      ],
    )
    const found = await poll(simulator.url, entries[1]!.id!)
    assert.equal(fieldsOf(found.body)['status'], 'queued')
  })
}

test('a create that is never answered', async () => {
  for (const [fault, accepted] of [
    ['timeout', false],
    ['timeout-after-accept', true],
    ['stalled', true],
  ] as const) {
    const giveUp = new AbortController()
    const count = simulator.ledger.length
    const body = JSON.stringify({ model: 'wan2.6', prompt: `[up:create=${fault}]` })
    const headers = { 'content-type': 'application/json' }
    const answer = ask(`${simulator.url}/v1/videos`, { method: 'POST', headers, body, signal: giveUp.signal })
    await simulator.untilRequest((request) => request.fault === fault)
    giveUp.abort()
    assert.equal(await failureCode(answer), 'AbortError')
    assert.deepEqual([simulator.ledger.length, simulator.ledger.at(-1)!.accepted], [count + 1, accepted])
  }
})

test('a create answered with a status', async () => {
  for (const status of [400, 401, 402, 403, 404, 413, 422, 429, 500, 502, 503, 504, 524]) {
    const { reply, entry } = await create(String(status))
    assert.equal(reply.status, status)
    assert.equal(entry.accepted, false)
    const isPage = [502, 504, 524].includes(status)
    assert.match(reply.headers.get('content-type') ?? '', isPage ? /html/u : /json/u)
  }
  const { reply } = await create('429][up:retry-after=7')
  assert.equal(reply.headers.get('retry-after'), '7')
  const refused = await create('400][up:failed=bad words][up:failed-code=content_policy')
  assert.equal(fieldsOf(fieldsOf(refused.reply.body)['error'])['code'], 'content_policy')
  const invalid = await create('500invalid')
  assert.equal(invalid.reply.status, 500)
  assert.equal(fieldsOf(fieldsOf(invalid.reply.body)['error'])['code'], 'invalid_request')
})

test('a create answered with a 200 that is none', async () => {
  const html = await create('html')
  assert.match(String(html.reply.body), /^<!doctype html>/u)
  assert.equal((await create('empty')).reply.body, '')
  const error = fieldsOf((await create('200error')).reply.body)
  assert.ok('error' in error && !('id' in error))
  const accepted = await create('noid-after-accept')
  assert.equal(accepted.entry.accepted, true)
  const noId = fieldsOf(accepted.reply.body)
  assert.equal(noId['status'], 'queued')
  assert.equal('id' in noId || 'task_id' in noId, false)
  const bare = await createForm(simulator.url, { model: 'grok', prompt: '[up:request-id]' })
  assert.deepEqual(bare.body, { request_id: simulator.ledger.at(-1)!.id })
})

test('who follows a 307 is billed for a second POST', async () => {
  const count = simulator.ledger.length
  const { reply } = await create('307')
  assert.deepEqual([reply.status, reply.headers.get('location')], [307, '/redirected/v1/videos'])
  const response = await fetch(`${simulator.url}/v1/videos`, {
    method: 'POST',
    headers: { authorization: 'Bearer k', 'content-type': 'application/json' },
    body: JSON.stringify({ model: 'wan2.6', prompt: 'follow [up:create=307]' }),
  })
  assert.equal(response.status, 200)
  assert.deepEqual(
    simulator.ledger.slice(count).map((entry) => entry.accepted),
    [false, false, true],
  )
})

async function createSeveral(prompt: string, times: number): Promise<boolean[]> {
  const count = simulator.ledger.length
  for (let index = 0; index < times; index += 1) await createForm(simulator.url, { model: 'm', prompt })
  return simulator.ledger.slice(count).map((entry) => entry.accepted)
}

test('a create fault strikes once unless it is told otherwise', async () => {
  assert.deepEqual(await createSeveral('once [up:create=429]', 2), [false, true])
  assert.deepEqual(await createSeveral('list [up:create=503*2,429]', 4), [false, false, false, true])
  assert.deepEqual(await createSeveral('ever [up:create=500*]', 3), [false, false, false])
})

test('poll faults come before the steps and cost none of them', async () => {
  const id = await createTask(simulator.url, '[up:poll=503*2,html,202,301,524,200error]')
  const statuses = []
  for (let index = 0; index < 7; index += 1) statuses.push((await poll(simulator.url, id)).status)
  assert.deepEqual(statuses, [503, 503, 200, 202, 301, 524, 200])
  assert.equal(fieldsOf((await poll(simulator.url, id)).body)['status'], 'queued')
  const between = await createTask(
    simulator.url,
    '[up:steps=queued,!reset,missing,!truncated,!bad-gzip,!big-header,done]',
  )
  assert.equal((await poll(simulator.url, between)).status, 200)
  assert.equal(await failureCode(poll(simulator.url, between)), 'ECONNRESET')
  assert.equal((await poll(simulator.url, between)).status, 400)
  assert.notEqual(await failureCode(poll(simulator.url, between)), 'none')
  assert.equal(await failureCode(poll(simulator.url, between)), 'Z_DATA_ERROR')
  assert.equal(await failureCode(poll(simulator.url, between)), 'UND_ERR_HEADERS_OVERFLOW')
  assert.equal(fieldsOf((await poll(simulator.url, between)).body)['status'], 'completed')
})

test('faults ordered in process strike the matching prompt only, then heal', async () => {
  const id = await createTask(simulator.url, 'the red one [up:steps=running,done]')
  const other = await createTask(simulator.url, 'the blue one')
  simulator.fault({ point: 'poll', fault: '503*2', prompt: 'red' })
  assert.equal((await poll(simulator.url, other)).status, 200)
  assert.deepEqual(
    [(await poll(simulator.url, id)).status, (await poll(simulator.url, id)).status],
    [503, 503],
  )
  assert.equal(fieldsOf((await poll(simulator.url, id)).body)['status'], 'in_progress')
  simulator.fault({ point: 'create', fault: 'reset-after-accept' })
  await failureCode(createTask(simulator.url, 'the green one'))
  const lost = simulator.ledger.at(-1)!
  assert.deepEqual([lost.prompt, lost.accepted, lost.fault], ['the green one', true, 'reset-after-accept'])
  assert.throws(() => simulator.fault({ point: 'poll', fault: 'nonsense' }), /Unknown fault/u)
})

test('a delete can fail with and without effect', async (context) => {
  const vllm = await startSimulator({ dialect: 'vllm' })
  context.after(() => vllm.close())
  const id = await createTask(vllm.url, '[up:delete=409,timeout-after-accept][up:steps=running]', 'm')
  const remove = (signal?: AbortSignal): Promise<Reply> =>
    ask(`${vllm.url}/v1/videos/${id}`, { method: 'DELETE', ...(signal === undefined ? {} : { signal }) })
  assert.equal((await remove()).status, 409)
  assert.equal((await poll(vllm.url, id)).status, 200)
  const giveUp = new AbortController()
  const lost = remove(giveUp.signal)
  await vllm.untilRequest((request) => request.fault === 'timeout-after-accept')
  giveUp.abort()
  assert.equal(await failureCode(lost), 'AbortError')
  assert.equal((await poll(vllm.url, id)).status, 404)
})

test('an outage strikes everything until it ends', async () => {
  const id = await createTask(simulator.url, '[up:steps=running,done]')
  await simulator.outage('503')
  assert.equal((await poll(simulator.url, id)).status, 503)
  assert.equal((await ask(`${simulator.url}/v1/models`)).status, 503)
  const { reply, entry } = await create('200')
  assert.deepEqual([reply.status, entry.accepted, entry.fault], [503, false, '503'])
  await simulator.outage('reset')
  assert.equal(await failureCode(poll(simulator.url, id)), 'ECONNRESET')
  await simulator.outage('refuse')
  assert.equal(await failureCode(poll(simulator.url, id)), 'ECONNREFUSED')
  await simulator.outage(null)
  assert.equal(fieldsOf((await poll(simulator.url, id)).body)['status'], 'in_progress')
})
