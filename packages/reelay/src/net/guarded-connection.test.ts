import assert from 'node:assert/strict'
import { createServer } from 'node:https'
import { after, before, test } from 'node:test'
import { getCACertificates, setDefaultCACertificates, TLSSocket } from 'node:tls'
import { systemClock } from '../system/clock.ts'
import { parseAllowHosts } from './allow-hosts.ts'
import { GuardRefused } from './guard-refused.ts'
import { createGuard } from './guard.ts'
import type { Lookup } from './lookup-all.ts'
import { createGuardedClient, type GuardedResponse } from './guarded-fetch.ts'
import { createCertificate } from './test-certificate.ts'
import { listen, startRawServer } from './test-server.ts'
import { TransferFailed } from './transfer-failed.ts'

const certificate = createCertificate('stand-in.test')
const trustedBefore = getCACertificates('default')
const names: (string | false | null)[] = []
let requests = 0
const server = createServer(certificate, (request, response) => {
  requests += 1
  if (request.socket instanceof TLSSocket) names.push(request.socket.servername)
  response.end('private talk')
})
server.on('tlsClientError', () => {})

let port = 0
before(async () => {
  port = await listen(server)
})

after(() => {
  setDefaultCACertificates(trustedBefore)
  server.closeAllConnections()
  server.close()
})

const OWN_HOSTS = 'stand-in.test other.test 127.0.0.0/8 ::1'

function open(url: string, allow: string = OWN_HOSTS, ...addresses: string[]): Promise<GuardedResponse> {
  const lookup: Lookup = async () => (addresses.length > 0 ? addresses : ['127.0.0.1'])
  const guard = createGuard({ allow: parseAllowHosts(allow), lookup })
  return createGuardedClient({ guard, clock: systemClock }).open({
    url,
    trust: { from: 'user' },
    totalTimeoutMs: 30_000,
    redirectsMax: 0,
    bytesMax: 1_000,
    headers: { authorization: 'Bearer secret' },
  })
}

async function tlsFailure(url: string): Promise<void> {
  const error: unknown = await open(url).catch((reason: unknown) => reason)
  assert.ok(error instanceof TransferFailed, String(error))
  assert.deepEqual([error.kind, error.notSent], ['tls', true])
  assert.equal(requests, 0)
}

test('a certificate that nobody vouches for is refused before anything is sent', async () => {
  await tlsFailure(`https://stand-in.test:${port}/`)
})

test('the process-wide switch against certificate checks does not reach this client', async (context) => {
  const setting = process.env['NODE_TLS_REJECT_UNAUTHORIZED']
  context.after(() => {
    if (setting === undefined) delete process.env['NODE_TLS_REJECT_UNAUTHORIZED']
    else process.env['NODE_TLS_REJECT_UNAUTHORIZED'] = setting
  })
  process.env['NODE_TLS_REJECT_UNAUTHORIZED'] = '0'
  await tlsFailure(`https://stand-in.test:${port}/`)
})

test('a trusted certificate for another name, or for no address, is refused', async () => {
  setDefaultCACertificates([certificate.cert])
  await tlsFailure(`https://other.test:${port}/`)
  await tlsFailure(`https://127.0.0.1:${port}/`)
})

test('the name of the URL is asked for and verified', async () => {
  setDefaultCACertificates([certificate.cert])
  for (const host of ['stand-in.test', 'stand-in.test.']) {
    const response = await open(`https://${host}:${port}/`)
    let text = ''
    for await (const chunk of response.body) text += Buffer.from(chunk).toString()
    assert.equal(text, 'private talk')
  }
  assert.deepEqual(names, ['stand-in.test', 'stand-in.test'])
})

test('HTTPS is guarded like HTTP: nothing is dialled for a forbidden answer', async (context) => {
  const secret = await startRawServer('', 'end')
  context.after(() => secret.close())
  const url = `https://inside.test:${secret.port}/`
  const error: unknown = await open(url, 'stand-in.test').catch((reason: unknown) => reason)
  assert.ok(error instanceof GuardRefused, String(error))
  assert.equal(secret.connections(), 0)
})

test('a peer that does not speak TLS is a TLS failure with nothing sent', async (context) => {
  const raw = await startRawServer('HTTP/1.1 400 Bad Request\r\n\r\n', 'end')
  context.after(() => raw.close())
  const error: unknown = await open(`https://stand-in.test:${raw.port}/`).catch((reason: unknown) => reason)
  assert.ok(error instanceof TransferFailed, String(error))
  assert.deepEqual([error.kind, error.notSent], ['tls', true])
})

test('the second address is tried when the first one refuses', async () => {
  setDefaultCACertificates([certificate.cert])
  const response = await open(`https://stand-in.test:${port}/`, OWN_HOSTS, '::1', '127.0.0.1')
  assert.equal(response.status, 200)
  response.close()
})
