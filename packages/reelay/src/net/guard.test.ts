import assert from 'node:assert/strict'
import { test } from 'node:test'
import { allowNothing, parseAllowHosts } from './allow-hosts.ts'
import { createGuard, type Refusal, type UrlCheck } from './guard.ts'
import type { Lookup } from './lookup-all.ts'

const noLookup: Lookup = async () => {
  throw new Error('A synchronous check asked DNS.')
}
const mixed: Lookup = async () => ['93.184.215.14', '10.77.0.1']
const failing: Lookup = async () => {
  throw new Error('ENOTFOUND')
}
const plain = createGuard({ allow: allowNothing, lookup: noLookup })
const ownOrigin = new URL('http://engine.lan:8000')

function refused(check: UrlCheck): Refusal {
  assert.ok(!check.ok)
  return check
}

test('a public URL passes, with its parsed form', () => {
  for (const text of [
    'https://example.com/a?b=c',
    'http://example.com:8080/',
    'https://93.184.215.14/',
    'https://[2606:4700::1]/',
  ]) {
    const check = plain.checkUrl(text)
    assert.ok(check.ok, text)
    assert.equal(check.url.href, text)
  }
})

test('each kind of refusal has its code', () => {
  assert.equal(refused(plain.checkUrl('/relative')).code, 'url')
  assert.equal(refused(plain.checkUrl('ftp://example.com/')).code, 'scheme')
  assert.equal(refused(plain.checkUrl('data:text/plain,x')).code, 'scheme')
  assert.equal(refused(plain.checkUrl('https://user@example.com/')).code, 'credentials')
  assert.equal(refused(plain.checkUrl('https://:secret@example.com/')).code, 'credentials')
  assert.equal(refused(plain.checkUrl('https://example.com:22/')).code, 'port')
  assert.equal(refused(plain.checkUrl('https://example.com:1023/')).code, 'port')
  assert.equal(refused(plain.checkUrl('http://10.0.0.1/')).code, 'address')
  assert.equal(refused(plain.checkUrl('http://localhost:3000/')).code, 'address')
  assert.equal(refused(plain.checkUrl('http://app.localhost./')).code, 'address')
})

test('a refused address names the host, the setting and the entry that would allow it', () => {
  const check = refused(plain.checkUrl('http://10.0.0.1:9000/hook?key=secret'))
  assert.equal(check.host, '10.0.0.1:9000')
  assert.equal(check.setting, 'REELAY_ALLOW_HOSTS')
  assert.match(check.reason, /"10\.0\.0\.1:9000" to REELAY_ALLOW_HOSTS/)
  assert.ok(!check.reason.includes('secret'))
  const entry = /"([^"]+)" to REELAY/.exec(refused(plain.checkUrl('http://[fd00::5]/')).reason)?.[1]
  assert.ok(createGuard({ allow: parseAllowHosts(entry!) }).checkUrl('http://[fd00::5]/').ok)
})

test('the schemes can be narrowed, except for a provider on its own origin', () => {
  const strict = createGuard({ allow: allowNothing, schemes: ['https'], lookup: noLookup })
  assert.equal(refused(strict.checkUrl('http://example.com/')).code, 'scheme')
  assert.ok(strict.checkUrl('https://example.com/').ok)
  assert.ok(strict.checkUrl('http://engine.lan:8000/v.mp4', { from: 'provider', ownOrigin }).ok)
})

test('allowed hosts pass, at a low port only when it is named', () => {
  const guard = createGuard({ allow: parseAllowHosts('10.0.0.5:81 10.0.0.6 localhost'), lookup: noLookup })
  assert.ok(guard.checkUrl('http://10.0.0.5:81/').ok)
  assert.equal(refused(guard.checkUrl('http://10.0.0.5:82/')).code, 'port')
  assert.equal(refused(guard.checkUrl('http://10.0.0.6:81/')).code, 'port')
  assert.ok(guard.checkUrl('http://10.0.0.6:8081/').ok)
  assert.ok(guard.checkUrl('http://localhost:3000/').ok)
})

test('loopback is allowed to users only, and nothing else with it', () => {
  const guard = createGuard({ allow: allowNothing, allowLoopback: true, lookup: noLookup })
  for (const text of ['http://localhost:3000/', 'http://127.0.0.1:3000/', 'http://[::1]:3000/']) {
    assert.ok(guard.checkUrl(text).ok, text)
    assert.ok(!guard.checkUrl(text, { from: 'provider' }).ok, text)
    assert.ok(!guard.checkUrl(text, { from: 'redirect' }).ok, text)
  }
  assert.ok(!guard.checkUrl('http://localhost:22/').ok)
  for (const host of ['10.0.0.1', '0.0.0.0', '169.254.169.254', '[::ffff:127.0.0.1]', '[::]']) {
    assert.ok(!guard.checkUrl(`http://${host}:3000/`).ok, host)
  }
})

test("a provider's own origin passes at private addresses, and only that origin", () => {
  const trust = { from: 'provider', ownOrigin } as const
  const at = (text: string, address: string): boolean =>
    plain.checkAddress({ url: new URL(text), trust }, address).ok
  assert.ok(at('http://engine.lan:8000/v.mp4', '192.168.1.5'))
  assert.ok(!at('http://engine.lan:8000/v.mp4', '169.254.169.254'))
  assert.ok(!at('http://engine.lan:8001/v.mp4', '192.168.1.5'))
  assert.ok(!at('https://engine.lan:8000/v.mp4', '192.168.1.5'))
  assert.ok(!at('http://other.lan:8000/v.mp4', '192.168.1.5'))
  assert.ok(!plain.checkUrl('http://user@engine.lan:8000/', trust).ok)
  const low = new URL('http://engine.lan:90')
  assert.ok(plain.checkUrl('http://engine.lan:90/v.mp4', { from: 'provider', ownOrigin: low }).ok)
})

test('opaque origins are not taken for an own origin', () => {
  const trust = { from: 'provider', ownOrigin: new URL('file:///tmp') } as const
  assert.equal(refused(plain.checkUrl('data:text/plain,x', trust)).code, 'scheme')
})

test('a name is refused when any of its addresses is, without telling which', async () => {
  const check = refused(
    await createGuard({ allow: allowNothing, lookup: mixed }).checkResolved('https://mixed.test/'),
  )
  assert.equal(check.code, 'address')
  assert.equal(check.setting, 'REELAY_ALLOW_HOSTS')
  assert.ok(!check.reason.includes('10.77'))
})

test('no setting is offered for a name that leads to a metadata address', async () => {
  const guard = createGuard({ allow: parseAllowHosts('meta.test'), lookup: async () => ['169.254.169.254'] })
  const check = refused(await guard.checkResolved('http://meta.test/'))
  assert.equal(check.setting, undefined)
  assert.ok(!check.reason.includes('169.254'))
})

test('a DNS failure, no answer and an answer that does not come are no refusal', async () => {
  assert.ok((await createGuard({ allow: allowNothing, lookup: failing }).checkResolved('https://a.test/')).ok)
  assert.ok(
    (await createGuard({ allow: allowNothing, lookup: async () => [] }).checkResolved('https://a.test/')).ok,
  )
  const silent = createGuard({ allow: allowNothing, lookup: () => new Promise(() => {}) })
  const stop = new AbortController()
  const pending = silent.checkResolved('https://a.test/', { from: 'user' }, stop.signal)
  stop.abort()
  assert.ok((await pending).ok)
  assert.ok((await silent.checkResolved('https://a.test/', { from: 'user' }, stop.signal)).ok)
})

test('a literal is not looked up', async () => {
  assert.ok((await plain.checkResolved('https://93.184.215.14/')).ok)
  assert.equal(refused(await plain.checkResolved('https://10.0.0.1/')).code, 'address')
})
