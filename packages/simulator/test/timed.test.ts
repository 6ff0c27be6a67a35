import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test, type TestContext } from 'node:test'
import { drawRender, speedUp } from '../src/render-time.ts'
import { startSimulator, type Simulator, type SimulatorOptions } from '../src/simulator.ts'
import { createTask, fieldsOf, poll } from './test-client.ts'
import { TestClock } from './test-clock.ts'

async function started(context: TestContext, options: SimulatorOptions): Promise<Simulator> {
  const simulator = await startSimulator(options)
  context.after(() => simulator.close())
  return simulator
}

async function look(url: string, id: string): Promise<[unknown, unknown]> {
  const { status, progress } = fieldsOf((await poll(url, id)).body)
  return [status, progress]
}

test('render times repeat with the seed, and are spread around the median', () => {
  const times = { default: { medianMs: 60_000, sigma: 0.3 }, slow: { medianMs: 600_000, sigma: 0 } }
  const draw = (seed: number): number[] =>
    Array.from({ length: 999 }, (_, index) => drawRender(times, 'm', seed, `n${index}`).totalMs)
  assert.deepEqual(draw(1), draw(1))
  assert.notDeepEqual(draw(1), draw(2))
  const sorted = draw(1).toSorted((a, b) => a - b)
  assert.ok(Math.abs(sorted[499]! - 60_000) < 4_000, `the median is ${sorted[499]}`)
  assert.ok(sorted[0]! > 20_000 && sorted[998]! < 160_000)
  assert.equal(drawRender(times, 'slow', 1, 'a').totalMs, 600_000)
  for (const name of ['a', 'b', 'c']) {
    const { queueMs, totalMs } = drawRender(times, 'm', 1, name)
    assert.ok(queueMs >= totalMs * 0.05 - 1 && queueMs <= totalMs * 0.25 + 1)
  }
  assert.deepEqual(speedUp({ totalMs: 60_000, queueMs: 6_000 }, 60), { totalMs: 1_000, queueMs: 100 })
})

test('by the clock, progress is the share of the time, and the end comes when it is due', async (context) => {
  const clock = new TestClock()
  const { url, ledger } = await started(context, { clock, render: { kind: 'timed', speed: 10 }, seed: 7 })
  const id = await createTask(url, 'a boat')
  const { totalMs, queueMs } = ledger[0]!.render!
  assert.ok(totalMs > 2_000 && totalMs < 20_000, `${totalMs}`)
  assert.deepEqual(await look(url, id), ['queued', 0])
  clock.advance(queueMs)
  const [status, progress] = await look(url, id)
  assert.deepEqual([status, progress], ['in_progress', Math.floor((queueMs / totalMs) * 100)])
  clock.advance(totalMs - queueMs - 1)
  assert.deepEqual(await look(url, id), ['in_progress', 99])
  clock.advance(1)
  const done = fieldsOf((await poll(url, id)).body)
  assert.deepEqual([done['status'], done['progress']], ['completed', 100])
  assert.equal(done['completed_at'], Math.floor((ledger[0]!.at + totalMs) / 1000))
})

test('a prompt says how long its task takes, and how it ends', async (context) => {
  const clock = new TestClock()
  const { url } = await started(context, { clock, render: { kind: 'timed', speed: 60 } })
  const id = await createTask(url, '[up:render=12s][up:failed=no]')
  clock.advance(11_999)
  assert.equal((await look(url, id))[0], 'in_progress')
  clock.advance(1)
  assert.equal((await look(url, id))[0], 'failed')
})

test('a task that is rendered goes on while nobody runs', async (context) => {
  const directory = mkdtempSync(join(tmpdir(), 'simulator-'))
  context.after(() => rmSync(directory, { recursive: true }))
  const options = { ledgerPath: join(directory, 'l.jsonl'), render: { kind: 'timed', speed: 1 } } as const
  const clock = new TestClock()
  const first = await startSimulator({ ...options, clock })
  const id = await createTask(first.url, 'x')
  const { render } = first.ledger[0]!
  await first.close()
  clock.advance(render!.totalMs)
  const second = await started(context, { ...options, clock })
  assert.deepEqual(second.ledger[0]!.render, render)
  assert.equal((await look(second.url, id))[0], 'completed')
})
