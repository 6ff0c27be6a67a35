import assert from 'node:assert/strict'
import { test } from 'node:test'
import { systemClock } from '../system/clock.ts'
import { parseAllowHosts } from './allow-hosts.ts'
import { createGuard } from './guard.ts'
import { createGuardedClient } from './guarded-fetch.ts'
import {
  bytesOf,
  failure,
  loopback,
  open,
  redirect,
  redirector,
  refusal,
  serverFor,
} from './test-transfer.ts'

const credentials = {
  Authorization: 'Bearer secret',
  Cookie: 'session=secret',
  'X-Api-Key': 'secret',
  'x-goog-api-key': 'secret',
  Range: 'bytes=0-9',
  Accept: 'video/mp4',
}

test('an answer comes with its status, headers, address and bytes', async (context) => {
  const server = await serverFor(context, (_request, response) => {
    response.writeHead(404, { 'content-type': 'text/plain', 'X-Many': ['a', 'b'] }).end('nothing here')
  })
  const response = await open({ url: `http://a.test:${server.port}/path?q=1#part` })
  assert.equal(response.status, 404)
  assert.equal(response.headers.get('content-type'), 'text/plain')
  assert.equal(response.headers.get('x-many'), 'a, b')
  assert.equal(response.url, `http://a.test:${server.port}/path?q=1#part`)
  assert.equal((await bytesOf(response)).toString(), 'nothing here')
  assert.equal(server.seen[0]!.path, '/path?q=1')
  assert.equal(server.seen[0]!.headers['user-agent'], 'reelay')
})

test("connection headers are the client's own", async (context) => {
  const server = await serverFor(context, redirector)
  const headers = {
    Host: 'other.test',
    'Accept-Encoding': 'gzip',
    Connection: 'keep-alive',
    'User-Agent': 'mine',
  }
  await bytesOf(await open({ url: `http://a.test:${server.port}/`, headers }))
  const got = server.seen[0]!.headers
  assert.equal(got.host, `a.test:${server.port}`)
  assert.equal(got['accept-encoding'], 'identity')
  assert.equal(got.connection, 'close')
  assert.equal(got['user-agent'], 'mine')
})

test("without a given lookup the system's is used", async (context) => {
  const server = await serverFor(context, redirector)
  const guard = createGuard({ allow: parseAllowHosts(''), allowLoopback: true })
  const response = await createGuardedClient({ guard, clock: systemClock }).open({
    url: `http://localhost:${server.port}/`,
    trust: { from: 'user' },
    totalTimeoutMs: 60_000,
    redirectsMax: 0,
    bytesMax: 100,
  })
  assert.equal((await bytesOf(response)).toString(), 'done')
})

test('no connection is used twice', async (context) => {
  const server = await serverFor(context, redirector)
  const guard = createGuard({ allow: parseAllowHosts('a.test'), lookup: loopback })
  const client = createGuardedClient({ guard, clock: systemClock })
  for (let index = 0; index < 3; index += 1) {
    await bytesOf(
      await client.open({
        url: `http://a.test:${server.port}/`,
        trust: { from: 'user' },
        totalTimeoutMs: 60_000,
        redirectsMax: 0,
        bytesMax: 100,
      }),
    )
  }
  assert.equal(server.connections(), 3)
})

test('with no redirects allowed a redirect is an answer, and a POST is sent once', async (context) => {
  const server = await serverFor(context, redirector)
  const base = `http://a.test:${server.port}`
  const response = await open({ url: redirect(base, 307, `${base}/`), method: 'POST', body: 'x' })
  assert.equal(response.status, 307)
  assert.equal((await bytesOf(response)).toString(), 'moved')
  assert.equal(server.seen.length, 1)
})

test('as many redirects are followed as allowed, and not one more', async (context) => {
  const server = await serverFor(context, redirector)
  const base = `http://a.test:${server.port}`
  const two = redirect(base, 302, redirect(base, 308, '/end'))
  const response = await open({ url: two, redirectsMax: 2 })
  assert.equal(response.url, `${base}/end`)
  assert.equal((await bytesOf(response)).toString(), 'done')
  const error = await failure(open({ url: two, redirectsMax: 1 }))
  assert.equal(error.kind, 'too_many_redirects')
  assert.equal(error.notSent, false)
  assert.equal(server.seen.length, 5)
})

test('a redirect without a location is an answer, one to nonsense a failure', async (context) => {
  const server = await serverFor(context, (request, response) => {
    if (request.url === '/none') response.writeHead(302).end('none')
    else response.writeHead(302, { location: 'http://[nonsense' }).end()
  })
  const base = `http://a.test:${server.port}`
  assert.equal((await bytesOf(await open({ url: `${base}/none`, redirectsMax: 1 }))).toString(), 'none')
  assert.equal((await failure(open({ url: base, redirectsMax: 1 }))).kind, 'protocol')
})

test('the connection of a redirect is closed before the next hop, its body unread', async (context) => {
  const closed = Promise.withResolvers<void>()
  const server = await serverFor(context, (request, response) => {
    if (request.url === '/end') return void closed.promise.then(() => response.end('done'))
    request.socket.once('close', () => closed.resolve())
    return void response.writeHead(302, { location: '/end' }).write('endless')
  })
  const response = await open({
    url: `http://a.test:${server.port}/`,
    redirectsMax: 1,
    totalTimeoutMs: 3_000,
  })
  assert.equal((await bytesOf(response)).toString(), 'done')
})

test('303 turns a POST into a GET, 307 repeats it', async (context) => {
  const server = await serverFor(context, redirector)
  const base = `http://a.test:${server.port}`
  const post = {
    method: 'post',
    body: '{}',
    headers: { 'content-type': 'application/json' },
    redirectsMax: 1,
  } as const
  for (const status of [301, 303, 307]) {
    await bytesOf(await open({ url: redirect(base, status, '/end'), ...post }))
  }
  const [, after301, , after303, , after307] = server.seen
  for (const got of [after301!, after303!]) {
    assert.deepEqual([got.method, got.body, got.headers['content-type']], ['GET', '', undefined])
  }
  assert.deepEqual([after307!.method, after307!.body], ['POST', '{}'])
  assert.equal(after307!.headers['content-type'], 'application/json')
})

test('credentials stay on a redirect within the origin', async (context) => {
  const server = await serverFor(context, redirector)
  const base = `http://a.test:${server.port}`
  await bytesOf(await open({ url: redirect(base, 302, '/end'), headers: credentials, redirectsMax: 1 }))
  for (const got of server.seen) {
    assert.equal(got.headers.authorization, 'Bearer secret')
    assert.equal(got.headers.cookie, 'session=secret')
    assert.equal(got.headers['x-api-key'], 'secret')
  }
  assert.equal(server.seen.length, 2)
})

test('no credential follows a redirect to another host or port, and none comes back', async (context) => {
  const first = await serverFor(context, redirector)
  const second = await serverFor(context, redirector)
  const back = `http://a.test:${first.port}/end`
  for (const other of [`http://b.test:${first.port}`, `http://a.test:${second.port}`]) {
    const url = redirect(`http://a.test:${first.port}`, 302, redirect(other, 302, back))
    await bytesOf(await open({ url, headers: credentials, redirectsMax: 2 }))
  }
  const later = [
    ...first.seen.filter(({ path, headers }) => path === '/end' || headers.host?.startsWith('b.')),
    ...second.seen,
  ]
  assert.equal(later.length, 4)
  for (const got of later) {
    assert.ok(!JSON.stringify(got.headers).includes('secret'), JSON.stringify(got.headers))
    assert.equal(got.headers.range, 'bytes=0-9')
    assert.equal(got.headers.accept, 'video/mp4')
  }
})

test("a provider's link on its own origin passes on loopback, a user's does not", async (context) => {
  const server = await serverFor(context, redirector)
  const url = `http://127.0.0.1:${server.port}/v.mp4`
  const ownOrigin = new URL(`http://127.0.0.1:${server.port}/v1`)
  assert.equal(
    (await bytesOf(await open({ url, trust: { from: 'provider', ownOrigin } }))).toString(),
    'done',
  )
  const user = await refusal(open({ url }))
  assert.deepEqual(
    [user.code, user.host, user.setting],
    ['address', `127.0.0.1:${server.port}`, 'REELAY_ALLOW_HOSTS'],
  )
  const otherOrigin = new URL(`http://127.0.0.1:${server.port - 1}`)
  await refusal(open({ url, trust: { from: 'provider', ownOrigin: otherOrigin } }))
  await refusal(open({ url, trust: { from: 'provider' } }))
  assert.equal(server.seen.length, 1)
})

test('an own origin off the public internet may redirect within itself and nowhere else', async (context) => {
  const server = await serverFor(context, redirector)
  const base = `http://engine.lan:${server.port}`
  const trust = { from: 'provider', ownOrigin: new URL(base) } as const
  const inside = await open({ url: redirect(base, 302, '/end'), trust, redirectsMax: 1 })
  assert.equal((await bytesOf(inside)).toString(), 'done')
  const away = redirect(base, 302, `http://a.test:${server.port}/end`)
  const error = await refusal(open({ url: away, trust, redirectsMax: 1 }))
  assert.deepEqual([error.code, error.notSent], ['redirect', false])
  assert.equal(server.seen.length, 3)
})

test('an own origin that needs no exemption may redirect to where the guard allows', async (context) => {
  const server = await serverFor(context, redirector)
  const base = `http://a.test:${server.port}`
  const trust = { from: 'provider', ownOrigin: new URL(base) } as const
  const response = await open({
    url: redirect(base, 302, `http://b.test:${server.port}/`),
    trust,
    redirectsMax: 1,
  })
  assert.equal((await bytesOf(response)).toString(), 'done')
  const inside = redirect(base, 302, `http://other.lan:${server.port}/`)
  assert.equal((await refusal(open({ url: inside, trust, redirectsMax: 1 }))).code, 'address')
})

test('a redirect into an own origin or into loopback has no exemption', async (context) => {
  const server = await serverFor(context, redirector)
  const from = `http://a.test:${server.port}`
  const ownOrigin = new URL(`http://engine.lan:${server.port}`)
  const toOwn = redirect(from, 302, `${ownOrigin.origin}/end`)
  await refusal(open({ url: toOwn, trust: { from: 'provider', ownOrigin }, redirectsMax: 1 }))
  const toLoopback = redirect(from, 302, `http://127.0.0.1:${server.port}/end`)
  await refusal(open({ url: toLoopback, redirectsMax: 1 }, { allowLoopback: true }))
  assert.equal(server.seen.length, 2)
  const direct = await open({ url: `http://127.0.0.1:${server.port}/` }, { allowLoopback: true })
  assert.equal((await bytesOf(direct)).toString(), 'done')
})
