import assert from 'node:assert/strict'
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, test } from 'node:test'
import { startTestApp, type TestApp } from './test-deps.ts'
import { errorOf, send } from './test-request.ts'

let dashboardDir: string
let api: TestApp

beforeEach(async () => {
  dashboardDir = await mkdtemp(join(tmpdir(), 'reelay-dashboard-'))
  api = startTestApp({ dashboardDir })
})
afterEach(async () => {
  await api.close()
  await rm(dashboardDir, { recursive: true, force: true })
})

async function build(): Promise<void> {
  await mkdir(join(dashboardDir, 'assets'))
  await writeFile(join(dashboardDir, 'index.html'), '<!doctype html>the page')
  await writeFile(join(dashboardDir, 'assets', 'index-1a.js'), 'export {}')
  await writeFile(join(dashboardDir, 'assets', 'notes.txt'), 'not to be served')
}

const text = (bytes: Uint8Array): string => new TextDecoder().decode(bytes)

test('a gateway whose dashboard was not built says how to build it, and shows it once that is done', async () => {
  const before = await send(api, 'GET', '/')
  assert.equal(before.status, 200)
  assert.match(text(before.bytes), /npm run dashboard/)
  await build()
  assert.equal(text((await send(api, 'GET', '/')).bytes), '<!doctype html>the page')
})

test('the page is never kept, runs scripts from here only, and cannot be framed', async () => {
  await build()
  const { headers } = await send(api, 'GET', '/')
  assert.equal(headers.get('content-type'), 'text/html; charset=utf-8')
  assert.equal(headers.get('cache-control'), 'no-store')
  const policy = headers.get('content-security-policy') ?? ''
  for (const part of [
    "default-src 'none'",
    "script-src 'self'",
    "style-src 'self'",
    "frame-ancestors 'none'",
  ])
    assert.ok(policy.split('; ').includes(part), part)
  assert.doesNotMatch(policy, /unsafe|data:|https?:|\*/)
})

test('files whose name changes with their content are kept for good', async () => {
  await build()
  const sent = await send(api, 'GET', '/assets/index-1a.js')
  assert.equal(text(sent.bytes), 'export {}')
  assert.equal(sent.headers.get('content-type'), 'text/javascript; charset=utf-8')
  assert.equal(sent.headers.get('cache-control'), 'public, max-age=31536000, immutable')
})

test('nothing but the built files is served', async () => {
  await build()
  await writeFile(join(dashboardDir, 'secret.js'), 'secret')
  const paths = [
    '/assets/notes.txt',
    '/assets/..%2fsecret.js',
    '/assets/%2e%2e/secret.js',
    '/secret.js',
    '/assets/',
  ]
  for (const path of paths) {
    const sent = await send(api, 'GET', path)
    assert.deepEqual([sent.status, errorOf(sent).code], [404, 'unknown_url'], path)
  }
})

test('answers of the API keep their own policy, and a client whose address lacks /v1 finds no page', async () => {
  await build()
  for (const path of ['/v1/videos', '/videos', '/videos/video_1']) {
    const sent = await send(api, 'GET', path)
    assert.equal(
      sent.headers.get('content-security-policy'),
      "default-src 'none'; frame-ancestors 'none'",
      path,
    )
    assert.match(sent.headers.get('content-type') ?? '', /json/, path)
  }
})

test('a process that only works on tasks serves neither page nor sign-in', async () => {
  await build()
  const worker = startTestApp({ dashboardDir, servesApi: false })
  try {
    for (const path of ['/', '/assets/index-1a.js', '/session'])
      assert.equal((await send(worker, 'GET', path)).status, 404, path)
  } finally {
    await worker.close()
  }
})
