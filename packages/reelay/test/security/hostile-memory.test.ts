import assert from 'node:assert/strict'
import { connect } from 'node:net'
import { after, before, test } from 'node:test'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { BODY_KINDS, FORM_KINDS } from './hostile-bodies.ts'
import { checkAnswer, headOf, openHostile, requestOf, type HostileGateway } from './hostile-gateway.ts'

// In a process of its own, so that only hostile input is measured.

const TIMEOUT = { timeout: 120_000 }
const ROUNDS_WARM = 30
const ROUNDS = 50
const MEBIBYTE = 1024 * 1024
/** The allocator keeps pages that it got, and goes on getting some for a while. */
const GROWTH_BYTES_MAX = 64 * MEBIBYTE
const HEAP_GROWTH_BYTES_MAX = 8 * MEBIBYTE

let gateway: HostileGateway
let isStopped = false
before(async () => {
  gateway = await openHostile()
})
after(async () => {
  if (!isStopped) await gateway.stop()
})

setFlagsFromString('--expose-gc')
const collect: unknown = runInNewContext('gc')

type Memory = { rss: number; heapUsed: number }

/** Buffers are freed a while after they were collected. */
async function settledMemory(): Promise<Memory> {
  assert.ok(typeof collect === 'function')
  for (let turn = 0; turn < 4; turn += 1) {
    Reflect.apply(collect, undefined, [])
    await new Promise((resolve) => setImmediate(resolve))
  }
  const { rss, heapUsed } = process.memoryUsage()
  return { rss, heapUsed }
}

/** The least that was in use after any ten of the rounds: what is only waiting to be freed goes up and down. */
async function memoryOver(rounds: number): Promise<Memory> {
  const least = { rss: Infinity, heapUsed: Infinity }
  for (let round = 1; round <= rounds; round += 1) {
    await sendRound()
    if (round % 10 !== 0) continue
    gateway.log.lines.length = 0
    const { rss, heapUsed } = await settledMemory()
    least.rss = Math.min(least.rss, rss)
    least.heapUsed = Math.min(least.heapUsed, heapUsed)
  }
  return least
}

const heavy = [...BODY_KINDS, ...FORM_KINDS].filter((kind) => kind.heavy === true)

async function sendRound(): Promise<void> {
  for (const kind of heavy) {
    for (const body of kind.bodies()) {
      const chunks = requestOf(headOf(gateway, 'POST /v1/videos', body.headers), body.chunks)
      const [answer] = (await gateway.send({ chunks })).answers
      assert.ok(answer, kind.name)
      checkAnswer(answer, kind.name)
      assert.ok(answer.status >= 400, kind.name)
    }
  }
}

const inMebibytes = (bytes: number): string => (bytes / MEBIBYTE).toFixed(1)

test('memory stays flat over fifty rounds of the heavy kinds', TIMEOUT, async (t) => {
  const earlier = await memoryOver(ROUNDS_WARM)
  const later = await memoryOver(ROUNDS)
  const growth = { rss: later.rss - earlier.rss, heapUsed: later.heapUsed - earlier.heapUsed }
  t.diagnostic(`RSS grew by ${inMebibytes(growth.rss)} MiB, the heap by ${inMebibytes(growth.heapUsed)} MiB`)
  assert.ok(growth.heapUsed < HEAP_GROWTH_BYTES_MAX, `the heap grew by ${inMebibytes(growth.heapUsed)} MiB`)
  assert.ok(growth.rss < GROWTH_BYTES_MAX, `RSS grew by ${inMebibytes(growth.rss)} MiB`)
  assert.deepEqual(await gateway.stagedFiles(), [])
})

test('uploads that are cut off leave no file', TIMEOUT, async () => {
  const earlier = gateway.log.lines.length
  const part = '--b\r\ncontent-disposition: form-data; name="image"; filename="a"\r\n\r\n'
  const headers = ['content-type: multipart/form-data; boundary=b', 'content-length: 100000']
  const uploads = 20
  for (let upload = 0; upload < uploads; upload += 1) {
    await new Promise<void>((resolve) => {
      const socket = connect({ host: '127.0.0.1', port: gateway.port })
      socket.once('close', () => resolve())
      socket.write(headOf(gateway, 'POST /v1/videos', headers) + part + 'x'.repeat(15_000), () =>
        socket.resetAndDestroy(),
      )
    })
  }
  // The log has a line for each once it is over, and its file is removed before.
  const answered = (): number =>
    gateway.log.lines.slice(earlier).filter(({ message }) => message === 'answered').length
  await gateway.log.until(() => answered() >= uploads)
  assert.deepEqual(await gateway.stagedFiles(), [])
})

test('no handle stays open', TIMEOUT, async () => {
  // A connection that is kept alive must not hold the end up.
  await gateway.send({ chunks: [headOf(gateway, 'GET /v1/videos')] })
  await gateway.stop()
  isStopped = true
  // Sockets close a turn after they are told to.
  for (let turn = 0; turn < 10; turn += 1) await new Promise((resolve) => setImmediate(resolve))
  const open = process.getActiveResourcesInfo()
  for (const kind of ['TCPSocketWrap', 'TCPServerWrap', 'FSReqPromise', 'FileHandle', 'Zlib', 'ProcessWrap'])
    assert.ok(!open.includes(kind), `${kind} among ${open.join(', ')}`)
})
