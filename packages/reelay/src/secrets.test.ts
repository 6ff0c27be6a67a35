import assert from 'node:assert/strict'
import { mkdir, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { loadConfig, type Config, type Environment } from './config.ts'
import { loadSecrets } from './secrets.ts'
import type { Ids } from './system/ids.ts'
import { systemIds } from './system/ids.ts'

async function inDirectory(
  run: (config: (environment?: Environment) => Config) => Promise<void>,
): Promise<void> {
  const directory = await mkdtemp(join(tmpdir(), 'reelay-secrets-'))
  try {
    await run((environment) => loadConfig({ REELAY_DATA_DIR: join(directory, 'data'), ...environment }))
  } finally {
    await rm(directory, { recursive: true, force: true })
  }
}

test('the first start makes a key and a secret, readable for their owner only; later starts find them', async () => {
  await inDirectory(async (config) => {
    const first = await loadSecrets(config(), systemIds)
    assert.match(first.adminKey, /^rk_[\w-]{43}$/)
    const { dataDir } = config()
    assert.equal(first.adminKeyPath, join(dataDir, 'admin.key'))
    assert.equal(await readFile(first.adminKeyPath, 'utf8'), `${first.adminKey}\n`)
    for (const name of ['admin.key', 'secret']) {
      assert.equal((await stat(join(dataDir, name))).mode & 0o777, 0o600, name)
    }
    assert.equal((await stat(dataDir)).mode & 0o777, 0o700)
    assert.deepEqual(await loadSecrets(config(), systemIds), first)
  })
})

test('settings win over files and write none', async () => {
  await inDirectory(async (config) => {
    const [key, secret] = ['k'.repeat(32), 's'.repeat(32)]
    const given = config({ REELAY_API_KEY: key, REELAY_SECRET: secret })
    const secrets = await loadSecrets(given, systemIds)
    assert.deepEqual([secrets.adminKey, secrets.adminKeyPath], [key, null])
    await assert.rejects(stat(join(given.dataDir, 'admin.key')))
    await assert.rejects(stat(join(given.dataDir, 'secret')))
  })
})

test('keys are derived, the previous secret still verifies, and the secret itself is not among them', async () => {
  await inDirectory(async (config) => {
    const [now, before] = ['n'.repeat(32), 'b'.repeat(32)]
    const rotated = config({ REELAY_SECRET: now, REELAY_SECRET_PREVIOUS: before })
    const secrets = await loadSecrets(rotated, systemIds)
    const earlier = await loadSecrets(config({ REELAY_SECRET: before }), systemIds)
    const kinds = ['linkKeys', 'vaultKeys', 'callbackKeys'] as const
    for (const kind of kinds) {
      assert.equal(secrets[kind].length, 2)
      assert.deepEqual(secrets[kind][1], earlier[kind][0])
    }
    const keys = kinds.flatMap((kind) => secrets[kind].map((key) => Buffer.from(key).toString('hex')))
    assert.equal(new Set(keys).size, 6, 'every purpose has keys of its own')
    for (const key of keys) {
      assert.equal(key.length, 64)
      assert.notEqual(key, Buffer.from(now).toString('hex'))
    }
  })
})

test('an empty file counts as none, white space around a key does not', async () => {
  await inDirectory(async (config) => {
    const { dataDir } = config()
    await mkdir(dataDir, { recursive: true })
    await writeFile(join(dataDir, 'admin.key'), '  rk_mine \n')
    await writeFile(join(dataDir, 'secret'), '\n')
    const { adminKey } = await loadSecrets(config(), systemIds)
    assert.equal(adminKey, 'rk_mine')
    assert.notEqual((await readFile(join(dataDir, 'secret'), 'utf8')).trim(), '')
  })
})

test('of two first starts at the same time, both use the secrets of the faster one', async () => {
  await inDirectory(async (config) => {
    const starts = await Promise.all(Array.from({ length: 8 }, () => loadSecrets(config(), systemIds)))
    const { dataDir } = config()
    for (const secrets of starts) assert.deepEqual(secrets, starts[0])
    assert.equal(await readFile(join(dataDir, 'admin.key'), 'utf8'), `${starts[0]?.adminKey}\n`)
    assert.deepEqual((await readdir(dataDir)).toSorted(), ['admin.key', 'secret'])
  })
})

test('a file that cannot be read stops the start instead of being replaced', async () => {
  await inDirectory(async (config) => {
    // Reading a directory fails for every user, also for one whom no permission stops.
    await mkdir(join(config().dataDir, 'secret'), { recursive: true })
    let made = 0
    const ids: Ids = { ...systemIds, secret: () => `${'x'.repeat(42)}${(made += 1)}` }
    await assert.rejects(loadSecrets(config(), ids), { code: 'EISDIR' })
    assert.equal(made, 1, 'the admin key only')
  })
})
