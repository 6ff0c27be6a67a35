import assert from 'node:assert/strict'
import { EventEmitter, once } from 'node:events'
import type { ServerResponse } from 'node:http'
import { test } from 'node:test'
import { gzipSync } from 'node:zlib'
import { TestClock } from '../system/test-clock.ts'
import type { Lookup } from './lookup-all.ts'
import { startRawServer } from './test-server.ts'
import { bytesOf, failure, open, rawServerFor, redirect, redirector, serverFor } from './test-transfer.ts'

const failing: Lookup = async () => {
  throw Object.assign(new Error('getaddrinfo ENOTFOUND a.test'), { code: 'ENOTFOUND' })
}

test('gzip arrives as gzip', async (context) => {
  const packed = gzipSync(Buffer.alloc(500_000))
  const server = await serverFor(context, (_request, response) => {
    response.writeHead(200, { 'content-encoding': 'gzip' }).end(packed)
  })
  const got = await bytesOf(await open({ url: `http://a.test:${server.port}/`, bytesMax: packed.length }))
  assert.deepEqual(got, packed)
})

test('a body of exactly the limit passes, an announced larger one is not begun', async (context) => {
  const server = await serverFor(context, (_request, response) => {
    response.writeHead(200, { 'content-length': 1_000 }).end(Buffer.alloc(1_000))
  })
  const url = `http://a.test:${server.port}/`
  assert.equal((await bytesOf(await open({ url, bytesMax: 1_000 }))).length, 1_000)
  const error = await failure(open({ url, bytesMax: 999 }))
  assert.deepEqual([error.kind, error.notSent], ['too_large', false])
  const head = await open({ url, bytesMax: 0, method: 'HEAD' })
  assert.equal(head.headers.get('content-length'), '1000')
  assert.equal((await bytesOf(head)).length, 0)
})

test('an unannounced larger body ends at the limit', async (context) => {
  const server = await serverFor(context, (_request, response) => {
    for (let index = 0; index < 20; index += 1) response.write(Buffer.alloc(1_000))
  })
  const response = await open({ url: `http://a.test:${server.port}/`, bytesMax: 5_000 })
  let bytes = 0
  const read = async (): Promise<void> => {
    for await (const chunk of response.body) bytes += chunk.length
  }
  assert.equal((await failure(read())).kind, 'too_large')
  assert.ok(bytes <= 5_000)
})

test('the total limit ends a body that drips without ever pausing long', async (context) => {
  const clock = new TestClock()
  const drips: ServerResponse[] = []
  const server = await serverFor(context, (_request, response) => {
    drips.push(response)
    response.write('.')
  })
  const response = await open({ url: `http://a.test:${server.port}/`, totalTimeoutMs: 60_000 }, { clock })
  let chunks = 0
  const read = async (): Promise<void> => {
    for await (const chunk of response.body) {
      chunks += chunk.length
      clock.advance(9_000)
      drips[0]!.write('.')
    }
  }
  const error = await failure(read())
  assert.equal(error.kind, 'timeout')
  assert.match(error.message, /60000 ms/)
  assert.equal(chunks, 7)
  assert.equal(clock.sleeping, 0)
})

test('a body that stalls ends at the idle limit; a slow reader does not', async (context) => {
  const clock = new TestClock()
  const bytes = new EventEmitter()
  const server = await serverFor(context, (_request, response) => void response.write('.'))
  const response = await open({ url: `http://a.test:${server.port}/` }, { clock })
  const read = async (): Promise<void> => {
    for await (const chunk of response.body) {
      // Longer than the idle limit, but it is this reader that pauses.
      clock.advance(15_000)
      await new Promise((resolve) => setImmediate(resolve))
      assert.equal(clock.sleeping, 2)
      setImmediate(() => bytes.emit('read', chunk))
    }
  }
  const reading = failure(read())
  await once(bytes, 'read')
  clock.advance(9_999)
  assert.ok(clock.sleeping > 0)
  clock.advance(1)
  const error = await reading
  assert.equal(error.kind, 'timeout')
  assert.match(error.message, /sent nothing for 10000 ms/)
})

test('a body that never begins ends at the idle limit', async (context) => {
  const clock = new TestClock()
  const server = await serverFor(context, (_request, response) => response.flushHeaders())
  const response = await open({ url: `http://a.test:${server.port}/`, idleTimeoutMs: 2_000 }, { clock })
  const reading = failure(bytesOf(response))
  clock.advance(2_000)
  assert.match((await reading).message, /sent nothing for 2000 ms/)
})

test('a server that never answers ends at the headers limit', async (context) => {
  const clock = new TestClock()
  const asked = Promise.withResolvers<void>()
  const server = await serverFor(context, () => asked.resolve())
  const opening = failure(open({ url: `http://a.test:${server.port}/`, headersTimeoutMs: 3_000 }, { clock }))
  await asked.promise
  clock.advance(3_000)
  const error = await opening
  assert.deepEqual([error.kind, error.notSent], ['timeout', false])
  assert.equal(clock.sleeping, 0)
})

test('a name server that never answers ends at the headers limit, with nothing sent', async () => {
  const clock = new TestClock()
  const asked = Promise.withResolvers<void>()
  const lookup: Lookup = () => {
    asked.resolve()
    return new Promise(() => {})
  }
  const opening = failure(open({ url: 'http://a.test/' }, { clock, lookup }))
  await asked.promise
  clock.advance(10_000)
  const error = await opening
  assert.deepEqual([error.kind, error.notSent], ['timeout', true])
})

test('the caller can abort before, during and after the headers', async (context) => {
  const stop = new AbortController()
  const server = await serverFor(context, (_request, response) => void response.write('.'))
  const url = `http://a.test:${server.port}/`
  let questions = 0
  const lookup: Lookup = async () => {
    questions += 1
    return ['127.0.0.1']
  }
  const before = await failure(open({ url, signal: AbortSignal.abort() }, { lookup }))
  assert.deepEqual([before.kind, before.notSent], ['aborted', true])
  assert.equal(before.message, `The request to a.test:${server.port} was aborted.`)
  assert.deepEqual([questions, server.connections()], [0, 0])
  const response = await open({ url, signal: stop.signal })
  const reading = failure(bytesOf(response))
  stop.abort()
  assert.equal((await reading).kind, 'aborted')

  const asked = Promise.withResolvers<void>()
  const silent = await serverFor(context, () => asked.resolve())
  const later = new AbortController()
  const opening = failure(open({ url: `http://a.test:${silent.port}/`, signal: later.signal }))
  await asked.promise
  later.abort()
  assert.deepEqual([(await opening).kind, (await opening).notSent], ['aborted', false])
})

test('closing without reading ends the connection and every timer', async (context) => {
  const clock = new TestClock()
  const ended = Promise.withResolvers<void>()
  const server = await serverFor(context, (request, response) => {
    request.socket.once('close', () => ended.resolve())
    response.write('.')
  })
  const response = await open({ url: `http://a.test:${server.port}/` }, { clock })
  response.close()
  await ended.promise
  assert.equal(clock.sleeping, 0)
  assert.equal((await failure(bytesOf(response))).kind, 'aborted')
})

test('leaving the loop ends the connection and every timer', async (context) => {
  const clock = new TestClock()
  const ended = Promise.withResolvers<void>()
  const server = await serverFor(context, (request, response) => {
    request.socket.once('close', () => ended.resolve())
    response.write('.')
  })
  for await (const chunk of (await open({ url: `http://a.test:${server.port}/` }, { clock })).body) {
    assert.equal(chunk.length, 1)
    break
  }
  await ended.promise
  assert.equal(clock.sleeping, 0)
})

test('a DNS failure and an empty answer are no refusal', async () => {
  for (const lookup of [failing, async () => []]) {
    const error = await failure(open({ url: 'http://a.test/' }, { lookup }))
    assert.deepEqual([error.kind, error.notSent], ['dns', true])
  }
})

test('a refused connection was not sent', async () => {
  const server = await startRawServer('', 'end')
  await server.close()
  const error = await failure(open({ url: `http://a.test:${server.port}/`, method: 'POST', body: 'x' }))
  assert.deepEqual([error.kind, error.notSent], ['connect', true])
  assert.ok(error.message.includes('ECONNREFUSED') && !error.message.includes('127.0.0.1'))
})

test('a refused connection after a redirect counts as sent', async (context) => {
  const gone = await startRawServer('', 'end')
  // Before the port is given back: it may be the next one that the system gives out.
  const server = await serverFor(context, redirector)
  await gone.close()
  const url = redirect(`http://a.test:${server.port}`, 307, `http://a.test:${gone.port}/`)
  const error = await failure(open({ url, method: 'POST', body: 'x', redirectsMax: 1 }))
  assert.deepEqual([error.kind, error.notSent], ['connect', false])
})

test('a header that cannot be written is a failure before sending', async (context) => {
  const server = await serverFor(context, redirector)
  const headers = { authorization: 'Bearer secret\nx: y' }
  const error = await failure(open({ url: `http://a.test:${server.port}/`, headers }))
  assert.deepEqual([error.kind, error.notSent], ['protocol', true])
  assert.ok(!error.message.includes('secret'))
  assert.equal(server.seen.length, 0)
})

const BROKEN: readonly (readonly [
  name: string,
  text: string,
  ending: 'end' | 'reset' | 'stay',
  kind: string,
])[] = [
  ['reset before the answer', '', 'reset', 'reset'],
  ['end before the answer', '', 'end', 'reset'],
  ['garbage', 'SSH-2.0-OpenSSH\r\n\r\n', 'end', 'protocol'],
  ['two lengths', 'HTTP/1.1 200 OK\r\ncontent-length: 1\r\ncontent-length: 2\r\n\r\nab', 'end', 'protocol'],
  ['40 kB of headers', `HTTP/1.1 200 OK\r\nx: ${'y'.repeat(40_000)}\r\n\r\n`, 'stay', 'protocol'],
  ['truncated body', 'HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\nabc', 'end', 'reset'],
  ['truncated chunks', 'HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n5\r\nab', 'end', 'reset'],
  ['reset within the body', 'HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\nabc', 'reset', 'reset'],
]

for (const [name, text, ending, kind] of BROKEN) {
  test(`broken answer: ${name}`, async (context) => {
    const server = await rawServerFor(context, text, ending)
    const error = await failure(open({ url: `http://a.test:${server.port}/` }).then(bytesOf))
    assert.deepEqual([error.kind, error.notSent], [kind, false])
    assert.equal(server.connections(), 1)
  })
}
