import assert from 'node:assert/strict'
import { test } from 'node:test'
import { watchOutages } from './outage-watch.ts'
import { runProgram } from './program.ts'
import { completedVideo, testGateway, video } from './test-gateway.ts'
import { testIo } from './test-io.ts'

type Reply = Response | Error

/** What is said while these replies come in. */
async function remarksOf(
  replies: readonly Reply[],
  signal = new AbortController().signal,
): Promise<string[]> {
  const left = [...replies]
  const watch = watchOutages(() => {
    const reply = left.shift()
    return reply instanceof Response ? Promise.resolve(reply) : Promise.reject(reply)
  })
  const remarks: string[] = []
  watch.tell((remark) => remarks.push(remark), signal)
  while (left.length > 0) await watch.fetch('http://127.0.0.1/').catch(() => undefined)
  return remarks
}

const good = (): Response => new Response()
const lost = (): Error => new Error('connection refused')
const OUT = 'the gateway does not answer: still trying'
const BACK = 'the gateway answers again'

test('an outage is told once, and so is its end', async () => {
  assert.deepEqual(await remarksOf([good(), good()]), [])
  assert.deepEqual(await remarksOf([lost(), lost(), good(), good(), lost()]), [OUT, BACK, OUT])
})

test('a proxy that reaches no gateway is an outage, a busy gateway is not', async () => {
  const own = new Response(null, { status: 503, headers: { 'reelay-version': '1' } })
  assert.deepEqual(await remarksOf([own, new Response(null, { status: 429 })]), [])
  for (const status of [502, 503, 504]) {
    assert.deepEqual(await remarksOf([new Response(null, { status })]), [OUT])
  }
})

test('what Ctrl-C ended is no outage', async () => {
  assert.deepEqual(await remarksOf([lost()], AbortSignal.abort()), [])
})

test('nothing is told before the wait and after it', async () => {
  const watch = watchOutages(() => Promise.reject(lost()))
  const remarks: string[] = []
  const ask = (): Promise<unknown> => watch.fetch('http://127.0.0.1/').catch(() => undefined)
  await ask()
  watch.tell((remark) => remarks.push(remark), new AbortController().signal)
  watch.hush()
  await ask()
  assert.deepEqual(remarks, [])
})

const occurrences = (text: string, words: string): number => text.split(words).length - 1

for (const command of [
  ['watch', 'video_1'],
  ['create', 'a boat', '--model', 'm', '--wait'],
]) {
  test(`${command[0]} says that the gateway does not answer, and goes on`, async () => {
    const seen = { looks: 0 }
    await using gateway = await testGateway(({ method }) => {
      if (method === 'POST') return { json: video() }
      seen.looks += 1
      if (seen.looks === 1) return { json: video({ status: 'in_progress' }) }
      if (seen.looks < 4) throw new Error('the connection breaks')
      return { json: completedVideo() }
    })
    const io = testIo({ url: gateway.url })
    const running = runProgram(command, io)
    for (let turn = 0; turn < 20_000 && seen.looks < 4; turn += 1) {
      await new Promise((resolve) => setImmediate(resolve))
      const nextMs = io.clock.nextWakeMs
      // Only the pauses between two looks: a time limit of a request must not end it.
      if (nextMs !== undefined && nextMs - io.clock.nowMs() <= 10_000)
        io.clock.advance(nextMs - io.clock.nowMs())
    }
    assert.equal(await running, 0)
    assert.equal(occurrences(io.stderr.text, OUT), 1)
    assert.equal(occurrences(io.stderr.text, BACK), 1)
  })
}
