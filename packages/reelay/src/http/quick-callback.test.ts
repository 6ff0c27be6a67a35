import assert from 'node:assert/strict'
import { once } from 'node:events'
import { connect } from 'node:net'
import { test } from 'node:test'
import { exchangeRaw, type RawAnswer } from '../../test/security/raw-client.ts'
import type { RawCallback } from '../providers/provider.ts'
import { StoreUnavailable } from '../store/store.ts'
import { hashOfKey } from '../system/hash-of-key.ts'
import { silentLog } from '../system/log.ts'
import { serve, type Serving } from './serve.ts'
import { startTestApp, TEST_LIMITS, type TestApp } from './test-deps.ts'

const TOKEN = 'Tt0_'.padEnd(43, '-x')
const PATH = `/hooks/scripted/${TOKEN}`
const TARGET = { projectId: 'proj_a', taskId: 'video_1', attempt: 3, account: 'scripted:eu' }
const SIGNED =
  'x-signature: one\r\nX-Signature: two\r\nauthorization: Bearer x\r\nx-request-id: of-the-sender\r\n'

/** An app behind a socket, whose store knows one token. */
class Subject {
  readonly read: RawCallback[] = []
  readonly api: TestApp
  serving!: Serving

  constructor() {
    const readCallback = (_account: string, callback: RawCallback) => {
      this.read.push(callback)
      return { verdict: 'unsigned', operation: null, hint: 'moved' } as const
    }
    this.api = startTestApp({ callbackBase: 'https://reelay.example/base' }, { readCallback })
    this.api.store.callbackTargets.set(hashOfKey(TOKEN), TARGET)
  }

  static async open(): Promise<Subject> {
    const subject = new Subject()
    const { app, clock } = subject.api
    const options = { host: '127.0.0.1', port: 0, limits: TEST_LIMITS, log: silentLog, clock }
    subject.serving = await serve(app, options)
    return subject
  }

  get port(): number {
    return Number(new URL(this.serving.url).port)
  }

  async send(...chunks: string[]): Promise<RawAnswer> {
    const { answers } = await exchangeRaw(this.port, { chunks })
    return answers[0] ?? assert.fail('no answer')
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.serving.close(0)
  }
}

const head = (headers: string): string =>
  `POST ${PATH} HTTP/1.1\r\nhost: a.example\r\n${SIGNED}${headers}\r\n`
const QUICK = 'content-length: 7\r\n'
const LONG = 'transfer-encoding: chunked\r\n'

const FRAMING: readonly string[] = ['content-length', 'transfer-encoding', 'date']

const withoutFraming = (headers: Iterable<readonly [string, string]>): Record<string, string> =>
  Object.fromEntries([...headers].filter(([name]) => !FRAMING.includes(name)))

const shown = ({ status, headers, body }: RawAnswer): unknown => [
  status,
  body.toString(),
  withoutFraming(headers),
]

test('a callback is answered and kept the same whichever way it takes', async () => {
  await using s = await Subject.open()
  const quick = await s.send(head(QUICK), '{"a"', ':1}')
  const long = await s.send(head(LONG), '4\r\n{"a"\r\n3\r\n:1}\r\n0\r\n\r\n')
  assert.deepEqual(shown(quick), shown(long))
  assert.equal(quick.headers.get('x-request-id'), 'of-the-sender')
  const [first, second] = s.read
  assert.deepEqual([first?.urls, first?.body], [second?.urls, second?.body])
  assert.deepEqual(
    withoutFraming(Object.entries(first?.headers ?? {})),
    withoutFraming(Object.entries(second?.headers ?? {})),
  )
  assert.equal(first?.headers['x-signature'], 'one, two')
  const kept = s.api.store.callbacks.map(({ headers, ...rest }) => ({
    ...rest,
    headers: withoutFraming(Object.entries(headers)),
  }))
  assert.deepEqual(kept[0], kept[1])
  const lines = s.api.lines.filter(({ message }) => message === 'answered')
  const [one, other] = lines.map(({ fields }) => ({ ...fields, latencyMs: 0 }))
  assert.deepEqual(one, other)
  assert.ok(!JSON.stringify(lines).includes(TOKEN))
})

test('callbacks that come whole, also one behind the other on a connection, are kept whole', async () => {
  await using s = await Subject.open()
  const bodies = ['{"a":1}', 'b'.repeat(40_000), '', '{"c":3}']
  const requests = bodies.map((body) => `${head(`content-length: ${body.length}\r\n`)}${body}`)
  const { answers } = await exchangeRaw(s.port, { chunks: [requests.join('')], answers: bodies.length })
  assert.deepEqual(
    answers.map(({ status, body }) => [status, body.toString()]),
    bodies.map(() => [200, 'ok']),
  )
  assert.deepEqual(
    s.read.map(({ body }) => body.toString()),
    bodies,
  )
})

test('while the store cannot keep it, its sender is told to come again', async () => {
  await using s = await Subject.open()
  s.api.store.recordCallback = () => Promise.reject(new StoreUnavailable('the disk is full'))
  const answer = await s.send(head(QUICK), '{"a":1}')
  assert.deepEqual([answer.status, answer.headers.get('retry-after')], [503, '5'])
  assert.equal(JSON.parse(answer.body.toString()).error.code, 'overloaded')
  assert.equal(answer.headers.get('x-request-id'), 'of-the-sender')
})

test('a body that arrives too slowly is given up after half a minute', async () => {
  await using s = await Subject.open()
  const sending = s.send(head(QUICK), '{')
  await s.api.clock.untilSleeping()
  s.api.clock.advance(31_000)
  const answer = await sending
  assert.deepEqual([answer.status, JSON.parse(answer.body.toString()).error.code], [408, 'request_timeout'])
  assert.deepEqual(s.api.store.callbacks, [])
})

test('of a sender that leaves in the middle nothing is kept, and the next one is answered', async () => {
  await using s = await Subject.open()
  const socket = connect(s.port, '127.0.0.1')
  socket.write(`${head(QUICK)}{`)
  await s.api.clock.untilSleeping()
  socket.destroy()
  await once(socket, 'close')
  assert.equal((await s.send(head(QUICK), '{"a":1}')).status, 200)
  assert.equal(s.api.store.callbacks.length, 1)
})

test('a body that is announced as too long, and an address that is nobody’s, are refused as ever', async () => {
  await using s = await Subject.open()
  assert.equal((await s.send(head(`content-length: ${3 * 1024 * 1024}\r\n`))).status, 413)
  const unknown = head('content-length: 1\r\n').replace(TOKEN, 'u'.repeat(43))
  assert.equal((await s.send(unknown, 'x')).status, 404)
  assert.deepEqual(s.read, [])
})
