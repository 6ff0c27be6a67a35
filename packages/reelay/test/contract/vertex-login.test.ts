import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import fixtures from '../../src/providers/vertex/fixtures/answers.json' with { type: 'json' }
import { createVertex } from '../../src/providers/vertex/index.ts'
import { freePort } from '../../../simulator/test/free-port.ts'
import { answer, json, startFaultServer, type Behaviour } from './fault-server.ts'
import { openSubject, startRequest, type ProviderSubject } from './provider-subject.ts'
import { MODEL, OPERATION, STORED, vertexSubject } from './vertex-subject.ts'

// In a process of its own: the machine's own account is found by environment variables.

const TIMEOUT = { timeout: 30_000 }
const signal = new AbortController().signal
const home = mkdtempSync(join(tmpdir(), 'reelay-home-'))
after(() => rmSync(home, { recursive: true, force: true }))
process.env['HOME'] = home
delete process.env['GOOGLE_APPLICATION_CREDENTIALS']
delete process.env['CLOUDSDK_CONFIG']

const withFile = (keyFile: string | undefined): ProviderSubject => ({
  ...vertexSubject,
  open: ({ baseUrl, guarded, clock }) =>
    createVertex({ project: 'p-1', keyFile, baseUrl, storageBaseUrl: baseUrl, guarded, clock }),
})

test('vertex: without credentials nothing is sent, and the account rests', TIMEOUT, async (context) => {
  const subject = withFile(join(home, 'missing.json'))
  const opened = await openSubject(context, subject, answer(vertexSubject.accepted.reply))
  const { provider, upstream, clock } = opened
  const outcome = await provider.start(startRequest(MODEL))
  assert.ok(outcome.kind === 'not_sent')
  assert.match(outcome.detail, /cannot be read \(ENOENT\).*GOOGLE_APPLICATION_CREDENTIALS/)
  assert.deepEqual([outcome.pauseAccountMs, outcome.retryAtMs], [60_000, clock.nowMs() + 60_000])
  const words = /GOOGLE_APPLICATION_CREDENTIALS/
  const look = provider.probe(OPERATION, signal)
  await assert.rejects(look, { name: 'ProbeUnavailable', pauseAccountMs: 60_000, message: words })
  for (const ref of [STORED, 'inline:0']) {
    const opening = provider.open({ role: 'video', ref }, OPERATION, signal)
    await assert.rejects(opening, { name: 'OutputUnavailable', message: words })
  }
  const check = await provider.check?.(signal)
  assert.equal(check?.ok, false)
  assert.match(check?.detail ?? '', words)
  assert.equal(upstream.seen.length, 0)
})

/** As the metadata server answers on a machine of Google Cloud: a token that is old at once, so each is another. */
function metadata(): Behaviour {
  let count = 0
  return ({ path }, response) => {
    const headers = { 'metadata-flavor': 'Google', 'content-type': 'application/json' }
    if (!path.includes('/token')) return void response.writeHead(200, headers).end('{}')
    count += 1
    const token = { access_token: `ya29.machine-${count}`, expires_in: 1, token_type: 'Bearer' }
    response.writeHead(200, headers).end(JSON.stringify(token))
  }
}

/** As gateways do whose messages repeat what they were sent. */
const echo: Behaviour = ({ headers }, response) => {
  const error = { ...fixtures.bad_argument.error, message: `refused: ${headers.authorization}` }
  response.writeHead(400, { 'content-type': 'application/json' }).end(JSON.stringify({ error }))
}

test("vertex: the machine's own account, and an answer that repeats its token", TIMEOUT, async (context) => {
  const server = await startFaultServer(metadata())
  context.after(() => server.close())
  process.env['GCE_METADATA_HOST'] = server.baseUrl.replace('http://', '')
  const { provider, upstream } = await openSubject(context, withFile(undefined), echo)
  for (const token of ['ya29.machine-1', 'ya29.machine-2']) {
    const outcome = await provider.start(startRequest(MODEL))
    assert.equal(upstream.seen.at(-1)?.headers.authorization, `Bearer ${token}`)
    const detail = 'refused: Bearer [redacted] (INVALID_ARGUMENT)'
    assert.deepEqual(outcome, { kind: 'rejected', code: 'invalid_input', detail })
  }
  const opening = provider.open({ role: 'video', ref: STORED }, OPERATION, signal)
  await assert.rejects(opening, { name: 'OutputUnavailable' })
  assert.equal(upstream.seen.at(-1)?.headers.authorization, 'Bearer ya29.machine-3')
  assert.ok(server.seen.every(({ headers }) => headers['metadata-flavor'] === 'Google'))
})

test(
  'vertex: the project that pays is no secret: names of operations have it in them',
  TIMEOUT,
  async (context) => {
    const server = await startFaultServer(metadata())
    context.after(() => server.close())
    process.env['GCE_METADATA_HOST'] = server.baseUrl.replace('http://', '')
    process.env['GOOGLE_CLOUD_QUOTA_PROJECT'] = 'my-project-123'
    const name = OPERATION.providerTaskId.replace('p-1', 'my-project-123')
    const { provider, upstream } = await openSubject(
      context,
      withFile(undefined),
      answer(json(200, { name })),
    )
    const outcome = await provider.start(startRequest(MODEL))
    assert.equal(upstream.seen[0]?.headers['x-goog-user-project'], 'my-project-123')
    assert.deepEqual(outcome, { kind: 'accepted', operation: { providerTaskId: name } })
  },
)

test('vertex: a machine without an account is told what to set', TIMEOUT, async (context) => {
  process.env['GCE_METADATA_HOST'] = `127.0.0.1:${await freePort()}`
  process.env['METADATA_SERVER_DETECTION'] = 'none'
  const { provider, upstream } = await openSubject(context, withFile(undefined), answer(json(200, {})))
  const outcome = await provider.start(startRequest(MODEL))
  assert.ok(outcome.kind === 'not_sent')
  assert.match(outcome.detail, /Set GOOGLE_APPLICATION_CREDENTIALS to the path of a key file/)
  assert.equal(upstream.seen.length, 0)
})
