import assert from 'node:assert/strict'
import { generateKeyPairSync, type KeyObject } from 'node:crypto'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import type { RequestListener } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test, type TestContext } from 'node:test'
import { jwtVerify } from 'jose'
import { startServer, type TestServer } from '../net/test-server.ts'
import { TestClock } from '../system/test-clock.ts'
import { CredentialsFailed } from './credentials.ts'
import { createGoogleLogin, type GoogleLogin } from './google-login.ts'

const TIMEOUT = { timeout: 30_000 }
const ACCOUNT = 'reelay@p-1.iam.gserviceaccount.com'
const HOUR_S = 3_600

const { privateKey, publicKey } = generateKeyPairSync('rsa', { modulusLength: 2_048 })
const pemOf = (key: KeyObject): string => key.export({ type: 'pkcs8', format: 'pem' }).toString()
const SERVICE_ACCOUNT = {
  type: 'service_account',
  project_id: 'p-1',
  private_key_id: 'key_1',
  private_key: pemOf(privateKey),
  client_email: ACCOUNT,
}

const tokens = (expiresInS = HOUR_S): RequestListener => {
  let count = 0
  return (_request, response) => {
    count += 1
    response.setHeader('content-type', 'application/json')
    response.end(
      JSON.stringify({ access_token: `ya29.${count}`, expires_in: expiresInS, token_type: 'Bearer' }),
    )
  }
}

async function keyFile(context: TestContext, content: unknown): Promise<string> {
  const directory = await mkdtemp(join(tmpdir(), 'reelay-login-'))
  context.after(() => rm(directory, { recursive: true, force: true }))
  const path = join(directory, 'key.json')
  await writeFile(path, typeof content === 'string' ? content : JSON.stringify(content))
  return path
}

type Opened = { login: GoogleLogin; server: TestServer; clock: TestClock; path: string }

/** A login whose token endpoint is a server here. The library's own host is asked for, and led to it. */
async function open(context: TestContext, content: unknown, answer: RequestListener): Promise<Opened> {
  const server = await startServer(answer)
  context.after(() => server.close())
  const path = await keyFile(context, content)
  const clock = new TestClock()
  const login = createGoogleLogin({
    project: 'p-1',
    keyFile: path,
    clock,
    fetchImplementation: (input, init) => {
      const url = new URL(input instanceof Request ? input.url : input)
      assert.equal(url.origin, 'https://oauth2.googleapis.com')
      return fetch(`http://127.0.0.1:${server.port}${url.pathname}`, init)
    },
  })
  return { login, server, clock, path }
}

const authorization = async (login: GoogleLogin): Promise<string | undefined> =>
  (await login({}))['authorization']

test('a service account: its signature is exchanged for a token, once', TIMEOUT, async (context) => {
  const { login, server } = await open(context, SERVICE_ACCOUNT, tokens())
  const all = await Promise.all([login({}), login({}), login({})])
  assert.deepEqual(
    all.map(({ authorization: value }) => value),
    Array(3).fill('Bearer ya29.1'),
  )
  assert.equal(await authorization(login), 'Bearer ya29.1')
  assert.equal(server.seen.length, 1)
  const [seen] = server.seen
  assert.deepEqual([seen?.method, seen?.path], ['POST', '/token'])
  const form = new URLSearchParams(seen?.body)
  assert.equal(form.get('grant_type'), 'urn:ietf:params:oauth:grant-type:jwt-bearer')
  const { payload } = await jwtVerify(form.get('assertion') ?? '', publicKey, { issuer: ACCOUNT })
  assert.equal(payload['scope'], 'https://www.googleapis.com/auth/cloud-platform')
  assert.equal(payload.aud, 'https://oauth2.googleapis.com/token')
})

test('a token that expires is replaced', TIMEOUT, async (context) => {
  const { login } = await open(context, SERVICE_ACCOUNT, tokens(1))
  assert.equal(await authorization(login), 'Bearer ya29.1')
  assert.equal(await authorization(login), 'Bearer ya29.2')
})

test("a user's own login, with the project that pays", TIMEOUT, async (context) => {
  const user = {
    type: 'authorized_user',
    client_id: 'client_1',
    client_secret: 'secret_1',
    refresh_token: 'refresh_1',
    quota_project_id: 'payer-1',
  }
  const { login, server } = await open(context, user, tokens())
  assert.deepEqual(await login({}), { authorization: 'Bearer ya29.1', 'x-goog-user-project': 'payer-1' })
  const form = new URLSearchParams(server.seen[0]?.body)
  assert.deepEqual([form.get('grant_type'), form.get('refresh_token')], ['refresh_token', 'refresh_1'])
})

test('a refusal is told, without what was sent, and asked again the next time', TIMEOUT, async (context) => {
  let isMended = false
  const good = tokens()
  const { login, server } = await open(context, SERVICE_ACCOUNT, (request, response) => {
    if (isMended) return good(request, response)
    response.writeHead(400, { 'content-type': 'application/json' })
    const error_description = `Invalid JWT: ${server.seen[0]?.body}`
    response.end(JSON.stringify({ error: 'invalid_grant', error_description }))
  })
  await assert.rejects(login({}), (error) => {
    assert.ok(error instanceof CredentialsFailed)
    assert.match(error.message, /no access token: invalid_grant: .*GOOGLE_APPLICATION_CREDENTIALS/)
    assert.match(server.seen[0]?.body ?? '', /assertion=ey/)
    assert.doesNotMatch(error.message, /assertion=ey/)
    assert.equal(error.cause, undefined)
    return true
  })
  isMended = true
  assert.equal(await authorization(login), 'Bearer ya29.1')
})

test('a server that never answers is waited for ten seconds', TIMEOUT, async (context) => {
  const { login, clock } = await open(context, SERVICE_ACCOUNT, () => {})
  const failed = assert.rejects(login({}), { name: 'CredentialsFailed', message: /within 10 s/ })
  await clock.untilSleeping()
  clock.advance(10_000)
  await failed
})

test('whoever no longer waits is let go at once', TIMEOUT, async (context) => {
  const { login, clock } = await open(context, SERVICE_ACCOUNT, () => {})
  const controller = new AbortController()
  const failed = assert.rejects(login({ signal: controller.signal }), { name: 'AbortError' })
  await clock.untilSleeping()
  controller.abort()
  await failed
})

const FILES: Readonly<Record<string, [content: unknown, reason: RegExp]>> = {
  'no JSON': ['{"private_key":"SECRET', /^The key file is not JSON\. Check/],
  'no object': [[1], /not of type service_account or authorized_user/],
  'another type': [{ type: 'external_account', private_key: 'SECRET' }, /not of type service_account/],
  'no key': [{ type: 'service_account', client_email: ACCOUNT }, /does not contain a private_key field/],
  'a key that is none': [{ ...SERVICE_ACCOUNT, private_key: 'SECRET' }, /no access token/],
}

for (const [title, [content, reason]] of Object.entries(FILES)) {
  test(`a key file with ${title} is told, without what is in it`, TIMEOUT, async (context) => {
    const { login, server } = await open(context, content, tokens())
    await assert.rejects(login({}), (error) => {
      assert.ok(error instanceof CredentialsFailed)
      assert.match(error.message, reason)
      assert.match(error.message, /GOOGLE_APPLICATION_CREDENTIALS/)
      assert.doesNotMatch(`${error.message}${String(error.cause)}`, /SECRET/)
      return true
    })
    assert.equal(server.seen.length, 0)
  })
}

test('a key file that comes later is read then', TIMEOUT, async (context) => {
  const { login, path } = await open(context, SERVICE_ACCOUNT, tokens())
  await rm(path)
  await assert.rejects(login({}), { name: 'CredentialsFailed', message: /cannot be read \(ENOENT\)/ })
  await writeFile(path, JSON.stringify(SERVICE_ACCOUNT))
  assert.equal(await authorization(login), 'Bearer ya29.1')
})
