import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { type Simulator, startSimulator } from '@reelay/simulator'
import { create, untilEnded } from '../e2e/client.ts'
import { openGateway, type OpenGateway } from '../e2e/open-gateway.ts'
import { checkAnswer, headOf } from './hostile-gateway.ts'
import { exchangeRaw, type RawAnswer } from './raw-client.ts'

let upstream: Simulator
let gateway: OpenGateway
let path: string
let bytes: number

before(async () => {
  upstream = await startSimulator({ dialect: 'comet' })
  gateway = await openGateway({
    REELAY_PROVIDERS: 'cometapi',
    COMETAPI_KEY: 'test-key',
    COMETAPI_BASE_URL: upstream.url,
  })
  const { id } = await create(gateway, { model: 'wan2.6', prompt: 'a cat' })
  await untilEnded(gateway, id)
  path = `/v1/videos/${id}/content`
  bytes = (await ask([])).body.length
  assert.ok(bytes > 1_000)
})
after(async () => {
  await gateway.stop()
  await upstream.close()
})

async function ask(lines: readonly string[], method = 'GET'): Promise<RawAnswer> {
  const chunks = [Buffer.from(headOf(gateway, `${method} ${path}`, lines), 'latin1')]
  const { answers } = await exchangeRaw(Number(new URL(gateway.url).port), {
    chunks,
    head: method === 'HEAD',
  })
  const [answer] = answers
  assert.ok(answer, lines.join())
  checkAnswer(answer, lines.join())
  return answer
}

const WHOLE = [
  'bytes=',
  'bytes=-',
  'bytes=a-b',
  'bytes=0-1,2-3',
  `bytes=${'0-,'.repeat(1_000)}0-`,
  'bytes=0-0,0-0,0-0',
  'bytes=5-2',
  'bytes=--5',
  'bytes=-5-',
  'bytes=+1-2',
  'bytes=0x0-1',
  'bytes=1e3-2e3',
  'bytes=1.5-2',
  'bytes=99999999999999999999-',
  'octets=0-1',
  'bytes',
  '\xff',
]

test('ranges that cannot be read, and several at once, are answered with the whole file', async () => {
  for (const range of WHOLE) {
    const answer = await ask([`range: ${range}`])
    assert.equal(answer.status, 200, range)
    assert.equal(answer.body.length, bytes, range)
    assert.equal(answer.headers.get('content-range'), undefined, range)
  }
})

test('ranges behind the end are refused, and tell the length', async () => {
  for (const range of [
    `bytes=${bytes}-`,
    'bytes=999999999999999-',
    'bytes=-0',
    `bytes=${bytes}-${bytes + 5}`,
  ]) {
    const answer = await ask([`range: ${range}`])
    assert.equal(answer.status, 416, range)
    assert.equal(answer.headers.get('content-range'), `bytes */${bytes}`, range)
  }
})

test('ranges that reach beyond the file are cut to it', async () => {
  const rows: readonly (readonly [range: string, first: number, last: number])[] = [
    ['bytes=0-999999999999999', 0, bytes - 1],
    [`bytes=-${bytes * 2}`, 0, bytes - 1],
    ['bytes=-999999999999999', 0, bytes - 1],
    [`bytes=${bytes - 1}-${bytes}`, bytes - 1, bytes - 1],
    [' bytes = 1 - 2 ', 1, 2],
  ]
  for (const [range, first, last] of rows) {
    const answer = await ask([`range: ${range}`])
    assert.equal(answer.status, 206, range)
    assert.equal(answer.headers.get('content-range'), `bytes ${first}-${last}/${bytes}`, range)
    assert.equal(answer.body.length, last - first + 1, range)
  }
})

test('two Range headers, odd conditions and HEAD never give more than the file', async () => {
  const lines = [
    ['range: bytes=0-0', 'range: bytes=1-1'],
    ['range: bytes=0-0', 'if-range: "'],
    ['range: bytes=0-0', 'if-range: W/"a"'],
    ['range: bytes=0-0', 'if-range: Wed, 21 Oct 2015 07:28:00 GMT'],
    ['if-none-match: *', 'range: bytes=0-0'],
    [`if-none-match: ${'"a", '.repeat(2_000)}"b"`],
  ]
  for (const headers of lines) {
    const answer = await ask(headers)
    assert.ok([200, 206, 304].includes(answer.status), headers.join())
    assert.ok(answer.body.length <= bytes)
    assert.ok((await ask(headers, 'HEAD')).status < 400)
  }
})
