import assert from 'node:assert/strict'
import { homedir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { PROVIDER_KINDS } from './providers/registry.ts'
import { ConfigError, loadConfig, type Environment } from './config.ts'

const LONG = 'x'.repeat(32)

function faultsOf(environment: Environment): string {
  try {
    loadConfig(environment)
  } catch (error) {
    assert.ok(error instanceof ConfigError)
    return error.message
  }
  throw new assert.AssertionError({ message: 'the settings were accepted' })
}

const pathsOf = (databaseUrl: string, files: string) => {
  const settings = { REELAY_DATA_DIR: '/d', REELAY_DATABASE_URL: databaseUrl, REELAY_STORAGE_URL: files }
  const { database, storage } = loadConfig(settings)
  return [database.kind === 'sqlite' ? database.path : '', storage.kind === 'disk' ? storage.directory : '']
}

const kindOf = (name: string) => PROVIDER_KINDS.find((kind) => kind.name === name)

const accountNames = (environment: Environment) =>
  loadConfig(environment).accounts.map(({ account }) => account)

const linkTtlMs = (value: string) => loadConfig({ REELAY_LINK_TTL: value }).linkTtlMs

test('without any setting it runs on loopback with the local model', () => {
  const config = loadConfig({})
  const dataDir = join(homedir(), '.local', 'share', 'reelay')
  assert.deepEqual(config, {
    dataDir,
    database: { kind: 'sqlite', path: join(dataDir, 'reelay.db') },
    role: 'all',
    storage: { kind: 'disk', directory: join(dataDir, 'files') },
    host: '127.0.0.1',
    port: 7373,
    publicUrl: 'http://127.0.0.1:7373',
    backupDir: join(dataDir, 'backups'),
    callbackBase: null,
    publicUrlFollowsPort: false,
    apiKey: null,
    secret: null,
    secretPrevious: null,
    allowHosts: '',
    accounts: [{ account: 'local', kind: kindOf('local'), settings: {} }],
    aliases: {},
    defaultModel: 'local/preview',
    eagerness: 1,
    linkTtlMs: 86_400_000,
    webhookSchedule: [0, 5, 300, 1_800, 7_200, 18_000, 36_000, 50_400, 72_000, 86_400].map((s) => s * 1_000),
    retention: { filesMs: null, recordsMs: null, logsMs: 30 * 86_400_000 },
    profile: 'comet',
    logLevel: 'info',
    projectLimits: { createsPerMinute: 1_200, readsPerMinute: 60_000, inFlight: 10_000, perDay: 100_000 },
    trustedProxies: 0,
    metricsToken: null,
    tracing: null,
    limits: { fileBytesMax: 20_971_520, videoBytesMax: 2_147_483_648, promptCharactersMax: 32_000 },
  })
  assert.ok(Object.isFrozen(config))
})

test('empty variables count as unset', () => {
  const empty = { REELAY_HOST: '', REELAY_PORT: '', COMETAPI_KEY: '', REELAY_API_KEY: '', OTHER: undefined }
  assert.deepEqual(loadConfig(empty), loadConfig({}))
})

test('the data directory follows its own setting, then XDG', () => {
  assert.equal(loadConfig({ XDG_DATA_HOME: '/x' }).dataDir, '/x/reelay')
  const own = loadConfig({ XDG_DATA_HOME: '/x', REELAY_DATA_DIR: '/d' })
  assert.deepEqual(own.database, { kind: 'sqlite', path: '/d/reelay.db' })
  assert.deepEqual(own.storage, { kind: 'disk', directory: '/d/files' })
})

test('database and storage take a path with or without slashes, and a bare scheme means the usual place', () => {
  assert.deepEqual(pathsOf('sqlite:/a/b.db', 'file:/f'), ['/a/b.db', '/f'])
  assert.deepEqual(pathsOf('sqlite:///a/b.db', 'file:///f'), ['/a/b.db', '/f'])
  assert.deepEqual(pathsOf('sqlite:b.db', 'file:f'), ['b.db', 'f'])
  assert.deepEqual(pathsOf('sqlite:', 'file://'), ['/d/reelay.db', '/d/files'])
})

test('the public URL follows host and port, in brackets for IPv6, and loses trailing slashes', () => {
  assert.equal(loadConfig({ REELAY_HOST: '::1', REELAY_PORT: '80' }).publicUrl, 'http://[::1]:80')
  assert.equal(loadConfig({ REELAY_PUBLIC_URL: 'https://v.example//' }).publicUrl, 'https://v.example')
  assert.equal(loadConfig({ REELAY_PORT: '0' }).publicUrlFollowsPort, true)
  const fixed = loadConfig({ REELAY_PORT: '0', REELAY_PUBLIC_URL: 'https://v.example' })
  assert.equal(fixed.publicUrlFollowsPort, false)
  assert.equal(fixed.callbackBase, 'https://v.example')
  assert.equal(loadConfig({ REELAY_PUBLIC_URL: 'http://10.0.0.1:7373' }).callbackBase, null)
})

test('a provider’s base URL may end in /v1 and in slashes', () => {
  const urls = [
    'https://api.example',
    'https://api.example/',
    'https://api.example/v1',
    'https://api.example/v1/',
  ]
  for (const url of urls) {
    const { accounts } = loadConfig({ COMETAPI_KEY: 'k', COMETAPI_BASE_URL: url, OPENAI_VIDEO_BASE_URL: url })
    const baseUrls = accounts.map(
      ({ settings }) => settings['COMETAPI_BASE_URL'] ?? settings['OPENAI_VIDEO_BASE_URL'],
    )
    assert.deepEqual(baseUrls, ['https://api.example', 'https://api.example', undefined], url)
  }
})

test('providers with credentials come in the built-in order, local last, unless the order is given', () => {
  const settings = { COMETAPI_KEY: 'k', OPENAI_VIDEO_BASE_URL: 'http://127.0.0.1:8000' }
  assert.deepEqual(accountNames(settings), ['cometapi', 'openai', 'local'])
  assert.deepEqual(accountNames({ ...settings, REELAY_PROVIDERS: ' local , openai ' }), ['local', 'openai'])
  assert.equal(loadConfig(settings).defaultModel, null)
  assert.equal(loadConfig({ ...settings, REELAY_DEFAULT_MODEL: 'wan2.6' }).defaultModel, 'wan2.6')
})

test('an account carries its credentials and dialect', () => {
  const settings = {
    OPENAI_VIDEO_BASE_URL: 'http://127.0.0.1:8000',
    OPENAI_VIDEO_API_KEY: 'secret',
    OPENAI_VIDEO_DIALECT: 'sglang',
  }
  assert.deepEqual(loadConfig(settings).accounts[0], {
    account: 'openai',
    kind: kindOf('openai'),
    settings,
  })
})

test('aliases name their candidates in order', () => {
  const { aliases } = loadConfig({
    REELAY_ALIASES: ' fast = cometapi/wan2.6 | local/preview ; hd=cometapi/wan2.7;',
  })
  assert.deepEqual(aliases, { fast: ['cometapi/wan2.6', 'local/preview'], hd: ['cometapi/wan2.7'] })
})

test('a link’s time to live is a whole number with a unit', () => {
  assert.deepEqual(['30s', '5m', '2h', '7d'].map(linkTtlMs), [30_000, 300_000, 7_200_000, 604_800_000])
  for (const value of ['24', '1.5h', '-1h', 'h', '1w']) {
    assert.match(faultsOf({ REELAY_LINK_TTL: value }), /for instance 24h[^]*REELAY_LINK_TTL/, value)
  }
})

test('eagerness is a number from a hundredth to a hundred', () => {
  assert.deepEqual(
    ['0.01', '0.5', '2', '100'].map((value) => loadConfig({ REELAY_EAGERNESS: value }).eagerness),
    [0.01, 0.5, 2, 100],
  )
  for (const value of ['0', '-1', '101', 'very', 'Infinity'])
    assert.match(faultsOf({ REELAY_EAGERNESS: value }), /REELAY_EAGERNESS/, value)
})

const SHARED = {
  REELAY_DATABASE_URL: 'postgresql://reelay:pw@db.example/reelay',
  REELAY_SECRET: LONG,
  REELAY_API_KEY: LONG,
}

test('a database of several processes: its secrets are set, its models can be followed by all', () => {
  const config = loadConfig({
    ...SHARED,
    COMETAPI_KEY: 'k',
    REELAY_ROLE: 'worker',
    REELAY_DATABASE_CONNECTIONS: '4',
  })
  assert.deepEqual(config.database, { kind: 'postgres', url: SHARED.REELAY_DATABASE_URL, connectionsMax: 4 })
  assert.equal(config.role, 'worker')
  assert.deepEqual(accountNames({ ...SHARED, COMETAPI_KEY: 'k' }), ['cometapi'])
  assert.deepEqual(accountNames({ ...SHARED, REELAY_PROVIDERS: 'local' }), ['local'])
  const bare = faultsOf({ REELAY_DATABASE_URL: SHARED.REELAY_DATABASE_URL })
  for (const name of ['REELAY_SECRET', 'REELAY_API_KEY'])
    assert.ok(bare.includes(`${name} must be set with PostgreSQL, the same for each process`), bare)
  assert.match(faultsOf({ REELAY_ROLE: 'api' }), /REELAY_ROLE can be api on PostgreSQL only/)
  assert.match(faultsOf({ REELAY_DATABASE_URL: 'mysql://db/x' }), /must start with sqlite: or postgres:/)
})

test('all faults are listed at once, whatever their kind', () => {
  const message = faultsOf({
    REELAY_PORT: '70000',
    REELAY_DATABASE_URL: 'postgres://db',
    REELAY_STORAGE_URL: 'ftp://bucket',
    REELAY_API_KEY: 'short',
    REELAY_STATUS_PROFILE: 'other',
    COMETAPI_BASE_URL: 'ftp://api.example',
    REELAY_PROVIDERS: 'cometapi,openai,nosuch',
    KLING_ACCESS_KEY: 'alone',
    ARK_REGION: 'mars',
    OPENAI_VIDEO_WEBHOOK_SECRET: 'no prefix',
    REPLICATE_WEBHOOK_SECRET: 'whsec_AAAA',
    LUMAAI_BASE_URL: 'https://user:pass@luma.example',
    REELAY_HOST: '0.0.0.0',
    REELAY_ALIASES: 'good=local/preview;bad;=x',
  })
  for (const expected of [
    'REELAY_PORT',
    'REELAY_DATABASE_URL names no database: postgres://user:password@host:5432/database',
    'REELAY_STORAGE_URL must start with file: or s3:',
    'must have 32 or more characters',
    'REELAY_STATUS_PROFILE',
    'COMETAPI_BASE_URL',
    `REELAY_PROVIDERS names nosuch; known are ${PROVIDER_KINDS.map(({ name }) => name).join(', ')}`,
    'KLING_SECRET_KEY must be set with KLING_ACCESS_KEY',
    'ARK_REGION must be one of cn-beijing, ap-southeast',
    'OPENAI_VIDEO_WEBHOOK_SECRET must be whsec_ and base64, as the provider shows it',
    'REPLICATE_WEBHOOK_SECRET must be whsec_ and base64',
    'LUMAAI_BASE_URL must have no user name or password in it',
    'REELAY_PROVIDERS names cometapi, but COMETAPI_KEY is not set',
    'REELAY_PROVIDERS names openai, but OPENAI_VIDEO_BASE_URL is not set',
    'REELAY_SECRET must be set when REELAY_HOST is not loopback (it is 0.0.0.0)',
    'REELAY_PUBLIC_URL must be set',
    'REELAY_ALIASES: "bad" must look like',
    'REELAY_ALIASES: "=x" must look like',
  ]) {
    assert.ok(message.includes(expected), `${expected}\n  is not in\n${message}`)
  }
  assert.ok(!message.includes('"good='))
})

test('no secret value is repeated in a message', () => {
  const message = faultsOf({
    REELAY_API_KEY: 'hunter2',
    REELAY_SECRET: 'hunter3',
    REELAY_SECRET_PREVIOUS: 'hunter4',
  })
  assert.doesNotMatch(message, /hunter/)
})

test('beyond loopback a gateway needs its own secret, key and public URL', () => {
  const exposed = { REELAY_HOST: '0.0.0.0', REELAY_SECRET: LONG, REELAY_API_KEY: LONG }
  const message = faultsOf(exposed)
  assert.match(message, /REELAY_PUBLIC_URL must be set/)
  assert.doesNotMatch(message, /REELAY_SECRET|REELAY_API_KEY/)
  const config = loadConfig({ ...exposed, REELAY_PUBLIC_URL: 'https://v.example' })
  assert.deepEqual([config.host, config.secret, config.apiKey], ['0.0.0.0', LONG, LONG])
  for (const host of ['127.0.0.1', '::1', 'localhost'])
    assert.equal(loadConfig({ REELAY_HOST: host }).host, host)
})

test('secrets have 32 or more characters', () => {
  for (const name of ['REELAY_API_KEY', 'REELAY_SECRET', 'REELAY_SECRET_PREVIOUS']) {
    assert.match(faultsOf({ [name]: 'x'.repeat(31) }), /32 or more characters/)
    loadConfig({ [name]: LONG })
  }
})

test('limits of projects are a list, of which each part may be given alone', () => {
  const defaults = loadConfig({}).projectLimits
  assert.deepEqual(loadConfig({ REELAY_LIMITS: 'creates=10/s' }).projectLimits, {
    ...defaults,
    createsPerMinute: 600,
  })
  assert.deepEqual(Object.values(loadConfig({ REELAY_LIMITS: 'off' }).projectLimits), [
    null,
    null,
    null,
    null,
  ])
  assert.match(
    faultsOf({ REELAY_LIMITS: 'creates=10' }),
    /off, or a list like creates=1200\/m[^]*REELAY_LIMITS/,
  )
})

test('proxies in front are counted, none by default', () => {
  assert.equal(loadConfig({ REELAY_TRUST_PROXY: '2' }).trustedProxies, 2)
  for (const value of ['-1', '11', '1.5', 'true'])
    assert.match(faultsOf({ REELAY_TRUST_PROXY: value }), /TRUST_PROXY/)
})

test('limits are numbers within bounds', () => {
  const { limits } = loadConfig({ REELAY_LIMIT_FILE_BYTES: '2048', REELAY_LIMIT_PROMPT_CHARACTERS: '10' })
  assert.deepEqual([limits.fileBytesMax, limits.promptCharactersMax], [2_048, 10])
  for (const [name, value] of [
    ['REELAY_LIMIT_FILE_BYTES', '10'],
    ['REELAY_LIMIT_VIDEO_BYTES', 'many'],
    ['REELAY_LIMIT_PROMPT_CHARACTERS', '0'],
    ['REELAY_PORT', '-1'],
    ['REELAY_PORT', '80.5'],
  ] as const) {
    assert.ok(faultsOf({ [name]: value }).includes(name), `${name}=${value}`)
  }
})
