import assert from 'node:assert/strict'
import { test } from 'node:test'
import { exportJWK, generateKeyPair, SignJWT } from 'jose'
import type { JsonWebKey } from 'node:crypto'
import { googleTokenVerdict, isGoogleToken } from './google-token.ts'

const NOW_MS = 1_760_000_000_000
const NOW_SECONDS = NOW_MS / 1_000
const OURS = 'https://reelay.example/hooks/gemini/token'
const [ours, other] = [await generateKeyPair('RS256'), await generateKeyPair('RS256')]

const jwkOf = async (pair: typeof ours, kid: string): Promise<JsonWebKey> => {
  const { kty, n, e } = await exportJWK(pair.publicKey)
  return { kty: kty ?? '', n: n ?? '', e: e ?? '', kid, use: 'sig' }
}
const KEY = await jwkOf(ours, 'k1')

type Claims = { aud?: string | string[]; exp?: number; nbf?: number }

/** Absent claims are left out. */
async function tokenOf(claims: Claims, { pair = ours, kid = 'k1' } = {}): Promise<string> {
  return new SignJWT({ ...claims }).setProtectedHeader({ alg: 'RS256', kid }).sign(pair.privateKey)
}

const GOOD: Claims = { aud: OURS, exp: NOW_SECONDS + 600 }

type Given = { audience?: string; current?: JsonWebKey[] | null; newest?: JsonWebKey[] | null }

function verdictOf(token: string, given: Given = {}): Promise<string> {
  const { audience, current = [KEY], newest = current } = given
  const keys = { current: async () => current, newest: async () => newest }
  const callback = {
    headers: { 'webhook-signature': token },
    body: Buffer.from('{}'),
    urls: [OURS, 'http://x/'],
  }
  return googleTokenVerdict(callback, { keys, audience, nowMs: NOW_MS })
}

test('a token by a published key, for the address that Google was given, is trusted', async () => {
  assert.equal(await verdictOf(await tokenOf(GOOD)), 'trusted')
  assert.equal(await verdictOf(await tokenOf({ ...GOOD, aud: ['x', OURS] })), 'trusted')
})

test('it is told from a signature with a secret by its shape', async () => {
  assert.ok(isGoogleToken(await tokenOf(GOOD)))
  for (const text of ['', 'v1,abc', 'v1,a.b.c', 'v1,a= v1,b=', 'a.b', 'a.b.c.d', 'a..c']) {
    assert.ok(!isGoogleToken(text), text)
  }
})

test('for the audience that the operator expects it is trusted, for another one forged', async () => {
  const token = await tokenOf({ ...GOOD, aud: 'my-project' })
  assert.equal(await verdictOf(token, { audience: 'my-project' }), 'trusted')
  assert.equal(await verdictOf(token, { audience: 'your-project' }), 'forged')
  assert.equal(await verdictOf(await tokenOf(GOOD), { audience: 'my-project' }), 'forged')
})

test('where no audience is known, one for another address proves nothing', async () => {
  assert.equal(await verdictOf(await tokenOf({ ...GOOD, aud: 'somebody' })), 'unsigned')
})

test('an end that is past, or none at all, and no audience at all: forged', async () => {
  const bad: Readonly<Record<string, Claims>> = {
    past: { ...GOOD, exp: NOW_SECONDS - 61 },
    'not yet': { ...GOOD, nbf: NOW_SECONDS + 61 },
    'no end': { aud: OURS },
    'no audience': { exp: NOW_SECONDS + 600 },
  }
  for (const [what, claims] of Object.entries(bad)) {
    assert.equal(await verdictOf(await tokenOf(claims)), 'forged', what)
  }
  assert.equal(await verdictOf(await tokenOf({ ...GOOD, exp: NOW_SECONDS - 59 })), 'trusted')
})

test('a changed token, another key under the same name, and another algorithm: forged', async () => {
  const token = await tokenOf(GOOD)
  const [head = '', claims = '', signature = ''] = token.split('.')
  const lie = Buffer.from(JSON.stringify({ ...GOOD, exp: NOW_SECONDS + 9_999 })).toString('base64url')
  assert.equal(await verdictOf(`${head}.${lie}.${signature}`), 'forged')
  assert.equal(await verdictOf(await tokenOf(GOOD, { pair: other })), 'forged')
  const none = Buffer.from('{"alg":"none","kid":"k1"}').toString('base64url')
  assert.equal(await verdictOf(`${none}.${claims}.${signature}`), 'forged')
  assert.equal(await verdictOf(`x.${claims}.${signature}`), 'forged')
  const secret = new TextEncoder().encode(KEY.n)
  const symmetric = new SignJWT({ ...GOOD }).setProtectedHeader({ alg: 'HS256', kid: 'k1' })
  assert.equal(await verdictOf(await symmetric.sign(secret)), 'forged')
  assert.equal(await verdictOf(`${'a'.repeat(9_000)}.b.c`), 'forged')
})

test('a key that was published since is found; an unknown one is forged only when the newest are known', async () => {
  const token = await tokenOf(GOOD, { pair: other, kid: 'k2' })
  assert.equal(await verdictOf(token, { newest: [KEY, await jwkOf(other, 'k2')] }), 'trusted')
  assert.equal(await verdictOf(token), 'forged')
  assert.equal(await verdictOf(token, { newest: null }), 'unsigned')
})

test('without keys nobody can tell', async () => {
  assert.equal(await verdictOf(await tokenOf(GOOD), { current: null }), 'unsigned')
  assert.equal(await verdictOf('a.b.c', { current: null }), 'unsigned')
})

test('a set of keys of other kinds is no failure', async () => {
  const token = await tokenOf(GOOD)
  assert.equal(
    await verdictOf(token, { current: [{}, { kty: 'EC', kid: 'k1' }, { kty: 'RSA', kid: 'k0' }] }),
    'forged',
  )
})
