import assert from 'node:assert/strict'
import { test } from 'node:test'
import { loopback } from '../test/loopback.ts'
import { connectionError } from './connection-error.ts'
import { ReelayConnectionError, ReelayTimeoutError } from './errors.ts'

const failure = async (url: string, init: RequestInit = {}): Promise<ReelayConnectionError> => {
  const cause: unknown = await fetch(url, init).then(
    () => assert.fail('the request went through'),
    (error: unknown) => error,
  )
  const error = connectionError(new URL(url), cause)
  assert.ok(error instanceof ReelayConnectionError)
  return error
}

test('a closed port: surely never sent', async () => {
  const gone = await loopback(() => {})
  await gone[Symbol.asyncDispose]()
  const error = await failure(`${gone.baseURL}/v1/videos`, { method: 'POST', body: '{}' })
  assert.equal(error.neverSent, true)
  assert.match(error.message, /check that it runs/)
})

test('a peer that goes away after it took the request: perhaps sent', async () => {
  await using server = await loopback((request) => request.socket.destroy())
  const error = await failure(`${server.baseURL}/v1/videos`, { method: 'POST', body: '{}' })
  assert.equal(error.neverSent, false)
  assert.equal(error.retryable, true)
})

test('a peer that closes before it reads anything: perhaps sent', async () => {
  await using server = await loopback(() => {})
  server.server.on('connection', (socket) => socket.destroy())
  const error = await failure(`${server.baseURL}/v1/videos`, { method: 'POST', body: '{}' })
  assert.equal(error.neverSent, false)
})

const withCode = (code: string): Error => Object.assign(new Error(code), { code })

function neverSent(...errors: Error[]): boolean {
  const cause = new TypeError('fetch failed', { cause: new AggregateError(errors) })
  const error = connectionError(new URL('http://h'), cause)
  return error instanceof ReelayConnectionError && error.neverSent
}

test('one address refused and one reset is perhaps sent; all refused is not', () => {
  assert.equal(neverSent(withCode('ECONNREFUSED'), withCode('ECONNREFUSED')), true)
  assert.equal(neverSent(withCode('ECONNREFUSED'), withCode('ECONNRESET')), false)
  assert.equal(neverSent(), false)
})

test('a failure without any cause, as browsers give it, is perhaps sent; own errors pass', () => {
  const error = connectionError(new URL('http://h'), new TypeError('Failed to fetch'))
  assert.ok(error instanceof ReelayConnectionError && !error.neverSent)
  const own = new ReelayTimeoutError('x')
  assert.equal(connectionError(new URL('http://h'), own), own)
})

test('an answer cut off in the middle is a connection error', async () => {
  await using server = await loopback((_request, response) => {
    response.writeHead(200, { 'content-length': '100' })
    response.write('{"id":')
    response.socket?.end()
  })
  const response = await fetch(server.baseURL)
  const cause: unknown = await response.text().catch((error: unknown) => error)
  assert.equal(connectionError(new URL(server.baseURL), cause).code, 'connection_failed')
})
