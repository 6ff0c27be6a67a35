import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { test, type TestContext } from 'node:test'
import { spawnSimulator, type SpawnedSimulator, type SpawnSimulatorOptions } from '../src/spawn-simulator.ts'
import { freePort } from './free-port.ts'
import { ask, createForm, createTask, failureCode, fieldsOf, poll } from './test-client.ts'
import { startSimulator } from '../src/simulator.ts'
import { readLedger } from '../src/ledger.ts'

function ledgerPath(context: TestContext): string {
  const directory = mkdtempSync(join(tmpdir(), 'simulator-'))
  context.after(() => rmSync(directory, { recursive: true, force: true }))
  return join(directory, 'ledger.jsonl')
}

async function spawned(context: TestContext, options: SpawnSimulatorOptions): Promise<SpawnedSimulator> {
  const simulator = await spawnSimulator(options)
  context.after(() => simulator.stop())
  return simulator
}

test('a create is in the ledger before its answer leaves, and outlives SIGKILL', async (context) => {
  const path = ledgerPath(context)
  const port = await freePort()
  const first = await spawned(context, { ledgerPath: path, port })
  await first.control({ do: 'hold', point: 'create-answer' })
  const lost = createTask(first.url, 'held back [up:steps=queued,running:30,done]')
  await first.control({ do: 'reached', point: 'create-answer' })
  const [entry] = first.readLedger()
  assert.deepEqual([entry!.accepted, entry!.model], [true, 'wan2.6'])
  assert.equal(entry!.headers['authorization'], 'Bearer up_test')
  const failure = failureCode(lost)
  await first.kill()
  assert.notEqual(await failure, 'none', 'the answer never left')

  const second = await spawned(context, { ledgerPath: path, port })
  assert.equal(second.url, first.url)
  assert.deepEqual(second.readLedger(), [entry])
  assert.equal(fieldsOf((await poll(second.url, entry!.id!)).body)['status'], 'queued')
})

test('a create that the kill comes before is in no ledger', async (context) => {
  const path = ledgerPath(context)
  const simulator = await spawned(context, { ledgerPath: path })
  await simulator.control({ do: 'hold', point: 'create' })
  const failure = failureCode(createTask(simulator.url, 'too early'))
  await simulator.control({ do: 'reached', point: 'create' })
  await simulator.kill()
  assert.notEqual(await failure, 'none')
  assert.deepEqual(readLedger(path), [])
})

test('every answered create is in the ledger when SIGKILL falls among many', async (context) => {
  const path = ledgerPath(context)
  const first = await spawned(context, { ledgerPath: path })
  const answered: string[] = []
  const tenth = Promise.withResolvers<void>()
  const creates = Array.from({ length: 40 }, async (_, index) => {
    answered.push(await createTask(first.url, `number ${index}`))
    if (answered.length === 10) tenth.resolve()
  })
  const settled = Promise.allSettled(creates)
  await tenth.promise
  await first.kill()
  await settled

  const known = new Map(readLedger(path).map((entry) => [entry.id, entry]))
  assert.ok(answered.length >= 10)
  assert.deepEqual(
    answered.filter((id) => known.get(id)?.accepted !== true),
    [],
  )
  const second = await spawned(context, { ledgerPath: path })
  const statuses = await Promise.all(answered.map(async (id) => (await poll(second.url, id)).status))
  assert.deepEqual(new Set(statuses), new Set([200]))
})

test('polls, faults used up, new scripts and removals outlive SIGKILL', async (context) => {
  const path = ledgerPath(context)
  const first = await spawned(context, { ledgerPath: path, dialect: 'vllm' })
  const moving = await createTask(
    first.url,
    '[up:missing=1][up:steps=queued,running:30,running:60,done]',
    'm',
  )
  const steered = await createTask(first.url, 'steered', 'm')
  const removed = await createTask(first.url, 'removed', 'm')
  const done = await createTask(first.url, '[up:steps=done]', 'm')
  const twice = { model: 'm', prompt: 'twice [up:create=503*2]' }
  assert.equal((await createForm(first.url, twice)).status, 503)
  for (const status of [404, 200, 200]) assert.equal((await poll(first.url, moving)).status, status)
  const finished = (await poll(first.url, done)).body
  await first.control({ do: 'rescript', id: steered, markers: '[up:failed=on purpose][up:steps=failed]' })
  await ask(`${first.url}/v1/videos/${removed}`, { method: 'DELETE' })
  await first.kill()

  const second = await spawned(context, { ledgerPath: path, dialect: 'vllm' })
  assert.equal(fieldsOf((await poll(second.url, moving)).body)['progress'], 60)
  assert.deepEqual((await poll(second.url, done)).body, finished)
  assert.equal((await ask(`${second.url}/v1/videos/${done}/content`)).status, 200)
  assert.equal(fieldsOf((await poll(second.url, steered)).body)['status'], 'failed')
  assert.equal((await poll(second.url, removed)).status, 404)
  assert.equal((await createForm(second.url, twice)).status, 503)
  assert.equal((await createForm(second.url, twice)).status, 200)
})

test('a server that forgets keeps its ledger and loses its tasks', async (context) => {
  const path = ledgerPath(context)
  const first = await startSimulator({ ledgerPath: path, dialect: 'sglang', forgetOnRestart: true })
  const reply = await ask(`${first.url}/v1/videos`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: '{"prompt":"x"}',
  })
  const id = String(fieldsOf(reply.body)['id'])
  assert.equal((await poll(first.url, id)).status, 200)
  await first.close()
  const second = await startSimulator({ ledgerPath: path, dialect: 'sglang', forgetOnRestart: true })
  context.after(() => second.close())
  assert.equal((await poll(second.url, id)).status, 404)
  assert.deepEqual(
    second.ledger.map((entry) => entry.id),
    [id],
  )
})

test('the control route does what it is told, and says what it cannot do', async (context) => {
  const simulator = await spawned(context, {
    ledgerPath: ledgerPath(context),
    port: await freePort(),
    keys: ['k'],
    models: ['a-model'],
  })
  assert.equal((await createForm(simulator.url, { model: 'a-model', prompt: 'x' })).status, 401)
  await simulator.control({ do: 'outage', kind: '503' })
  assert.equal((await ask(`${simulator.url}/v1/models`)).status, 503)
  await simulator.control({ do: 'outage', kind: null })
  await simulator.control({ do: 'fault', point: 'list', fault: 'reset' })
  await assert.rejects(simulator.control({ do: 'outage', kind: 'refuse' }), /kill the process/u)
  await assert.rejects(simulator.control({ do: 'rescript', id: 'none', markers: '' }), /There is no task/u)
  await assert.rejects(simulator.control({ do: 'fault', point: 'poll', fault: 'odd' }), /Unknown fault/u)
  const requests = await simulator.control({ do: 'requests' })
  assert.ok(Array.isArray(requests) && requests.length === 2)
  await simulator.stop()
  assert.equal(await failureCode(ask(`${simulator.url}/v1/models`)), 'ECONNREFUSED')
})

test('the process ends when its starter is killed', async (context) => {
  const starter = `
    const { spawnSimulator } = await import(process.argv[1])
    const { url } = await spawnSimulator({ ledgerPath: process.argv[2], port: Number(process.argv[3]) })
    process.stdout.write(url + '\\n')
  `
  const module = new URL('../src/spawn-simulator.ts', import.meta.url).href
  const child = spawn(process.execPath, [
    '--input-type=module',
    '--eval',
    starter,
    module,
    ledgerPath(context),
    String(await freePort()),
  ])
  const [line] = await once(createInterface({ input: child.stdout }), 'line')
  const url = String(line)
  assert.equal((await ask(`${url}/v1/models`)).status, 200)
  // The simulator writes its errors to its starter's error output, which ends only when both are gone.
  const bothGone = once(child.stderr.resume(), 'end')
  child.kill('SIGKILL')
  await bothGone
  assert.equal(await failureCode(ask(`${url}/v1/models`)), 'ECONNREFUSED')
})

test('a hold stops requests where it stands, and lets them go in any number', async (context) => {
  const simulator = await startSimulator()
  context.after(() => simulator.close())
  const hold = simulator.hold('create')
  const creates = [createTask(simulator.url, 'one'), createTask(simulator.url, 'two')]
  await hold.reached(2)
  assert.equal(simulator.ledger.length, 0)
  hold.release()
  const ids = await Promise.all(creates)
  assert.deepEqual(new Set(simulator.ledger.map((entry) => entry.id)), new Set(ids))
  const again = simulator.hold('poll')
  const polling = poll(simulator.url, ids[0]!)
  await again.reached()
  simulator.forget(ids[0]!)
  simulator.release('poll')
  assert.equal((await polling).status, 400)
  const record = await simulator.untilRequest(
    (request) => request.id === ids[0] && request.status !== null,
    2,
  )
  assert.deepEqual([record.method, record.status], ['GET', 400])
})

test('closing ends requests that are held or never answered', async () => {
  const simulator = await startSimulator()
  const hold = simulator.hold('create-answer')
  const held = failureCode(createTask(simulator.url, 'held'))
  const silent = failureCode(createTask(simulator.url, '[up:create=timeout]'))
  await hold.reached(2)
  await simulator.close()
  assert.notEqual(await held, 'none')
  assert.notEqual(await silent, 'none')
})
