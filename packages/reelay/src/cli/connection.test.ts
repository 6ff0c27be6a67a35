import assert from 'node:assert/strict'
import { mkdirSync, mkdtempDisposableSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { adminKeyPath, findConnection, gatewayUrl } from './connection.ts'
import { testIo } from './test-io.ts'

const LOCAL = 'http://127.0.0.1:7373'

test('the address: option, environment, default', () => {
  assert.equal(gatewayUrl({}, {}), LOCAL)
  assert.equal(gatewayUrl({}, { REELAY_URL: ' ' }), LOCAL)
  assert.equal(gatewayUrl({}, { REELAY_URL: 'https://a.test' }), 'https://a.test')
  assert.equal(gatewayUrl({ url: 'https://b.test' }, { REELAY_URL: 'https://a.test' }), 'https://b.test')
})

const path = (env: Record<string, string>): string => adminKeyPath({ env, homeDirectory: '/home/ada' })

test('the admin key is in the data directory', () => {
  assert.equal(path({}), join('/home/ada', '.local', 'share', 'reelay', 'admin.key'))
  assert.equal(path({ XDG_DATA_HOME: '/data' }), join('/data', 'reelay', 'admin.key'))
  assert.equal(path({ XDG_DATA_HOME: '/data', REELAY_DATA_DIR: '/srv' }), join('/srv', 'admin.key'))
})

test('the key: option, environment, file', async () => {
  using folder = mkdtempDisposableSync(join(tmpdir(), 'reelay-cli-'))
  const data = join(folder.path, '.local', 'share', 'reelay')
  mkdirSync(data, { recursive: true })
  writeFileSync(join(data, 'admin.key'), 'rk_file\n')
  const io = testIo({ url: LOCAL, homeDirectory: folder.path })
  const keyOf = async (options: object, env: object): Promise<string> =>
    (await findConnection(options, { ...io, env: { ...env } })).apiKey
  assert.equal(await keyOf({ apiKey: 'rk_option' }, { REELAY_API_KEY: 'rk_env' }), 'rk_option')
  assert.equal(await keyOf({}, { REELAY_API_KEY: 'rk_env' }), 'rk_env')
  assert.equal(await keyOf({}, {}), 'rk_file')
  assert.equal(await keyOf({ url: 'http://localhost:80' }, {}), 'rk_file')
  assert.equal(await keyOf({ url: 'http://[::1]:80' }, {}), 'rk_file')
})

test("this machine's admin key is never sent to another one", async () => {
  using folder = mkdtempDisposableSync(join(tmpdir(), 'reelay-cli-'))
  writeFileSync(join(folder.path, 'admin.key'), 'rk_file')
  const io = { ...testIo(), env: { REELAY_DATA_DIR: folder.path } }
  for (const url of [
    'https://video.example.com',
    'http://127.0.0.1.evil.test',
    'http://localhost.evil.test',
  ]) {
    await assert.rejects(findConnection({ url }, io), { exitCode: 6, code: 'no_api_key' })
  }
})

test('without a key the message names the file and the ways to give one', async () => {
  const io = { ...testIo(), env: { REELAY_DATA_DIR: '/nowhere' } }
  await assert.rejects(findConnection({}, io), {
    exitCode: 6,
    message: 'No API key: there is no /nowhere/admin.key',
    hint: /reelay serve.*--api-key.*REELAY_API_KEY/,
  })
  using folder = mkdtempDisposableSync(join(tmpdir(), 'reelay-cli-'))
  writeFileSync(join(folder.path, 'admin.key'), '\n')
  await assert.rejects(findConnection({}, { ...io, env: { REELAY_DATA_DIR: folder.path } }), /is empty/)
})
