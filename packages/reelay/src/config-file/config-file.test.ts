import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ConfigError, loadConfig, readConfig, type Config, type Environment } from '../config.ts'
import type { CustomProvider } from '../providers/custom-provider.ts'
import { defineConfig, type ConfigFile } from './config-file.ts'

function faultsOf(content: unknown, environment: Environment = {}): string {
  try {
    readConfig(environment, { name: 'reelay.config.ts', content })
  } catch (error) {
    assert.ok(error instanceof ConfigError)
    return error.message
  }
  return ''
}

const accountsOf = ({ accounts }: Config) =>
  accounts.map(({ account, kind, settings }) => [account, kind.name, { ...settings }])

const provider: CustomProvider['provider'] = () => Promise.reject(new Error('It is never made here.'))

test('accounts of one provider have settings of their own, and come first in the order of the file', () => {
  const file: ConfigFile = defineConfig({
    accounts: {
      'fal:team-b': { FAL_KEY: 'key_b' },
      'team-a': { provider: 'fal', FAL_KEY: ' key_a ', FAL_BASE_URL: 'https://fal.example/v1/' },
    },
    providers: [{ name: 'mine', provider }],
  })
  assert.deepEqual(accountsOf(loadConfig({ XAI_API_KEY: 'key_x' }, file)), [
    ['fal:team-b', 'fal', { FAL_KEY: 'key_b' }],
    ['team-a', 'fal', { FAL_KEY: 'key_a', FAL_BASE_URL: 'https://fal.example' }],
    ['mine', 'mine', {}],
    ['xai', 'xai', { XAI_API_KEY: 'key_x' }],
    ['local', 'local', {}],
  ])
})

test('what an account leaves out comes from the environment, but never a key for another address', () => {
  const environment = { FAL_KEY: 'key_env', FAL_BASE_URL: 'https://env.example' }
  const file: ConfigFile = {
    accounts: {
      'fal:same': {},
      'fal:own-key': { FAL_KEY: 'key_own' },
      'fal:own-place': { FAL_BASE_URL: 'https://own.example', FAL_KEY: 'key_own' },
    },
  }
  assert.deepEqual(accountsOf(loadConfig(environment, file)).slice(0, 4), [
    ['fal:same', 'fal', { FAL_KEY: 'key_env', FAL_BASE_URL: 'https://env.example' }],
    ['fal:own-key', 'fal', { FAL_KEY: 'key_own', FAL_BASE_URL: 'https://env.example' }],
    ['fal:own-place', 'fal', { FAL_KEY: 'key_own', FAL_BASE_URL: 'https://own.example' }],
    ['fal', 'fal', environment],
  ])
  const elsewhere = { accounts: { 'fal:elsewhere': { FAL_BASE_URL: 'https://own.example' } } }
  assert.match(faultsOf(elsewhere, environment), /accounts\["fal:elsewhere"\] needs FAL_KEY/)
})

test('a key of the environment never takes the place of another kind of key', () => {
  const environment = { KLING_API_KEY: 'key_env' }
  const file = { accounts: { 'kling:pair': { KLING_ACCESS_KEY: 'access', KLING_SECRET_KEY: 'secret' } } }
  const [first] = loadConfig(environment, file).accounts
  assert.deepEqual({ ...first?.settings }, { KLING_ACCESS_KEY: 'access', KLING_SECRET_KEY: 'secret' })
})

test('the account with a provider’s own name is the environment’s, which wins', () => {
  const file = { accounts: { fal: { FAL_KEY: 'key_file', FAL_BASE_URL: 'https://file.example' } } }
  assert.deepEqual(accountsOf(loadConfig({ FAL_KEY: 'key_env' }, file)), [
    ['fal', 'fal', { FAL_KEY: 'key_env', FAL_BASE_URL: 'https://file.example' }],
    ['local', 'local', {}],
  ])
})

test('REELAY_PROVIDERS orders accounts too, and a provider’s name stands for all of its accounts', () => {
  const file: ConfigFile = {
    accounts: { 'fal:a': { FAL_KEY: 'key_a' }, 'fal:b': { FAL_KEY: 'key_b' } },
    providers: [{ name: 'mine', provider }],
  }
  const namesOf = (order: string): string[] =>
    loadConfig({ FAL_KEY: 'key_env', REELAY_PROVIDERS: order }, file).accounts.map(({ account }) => account)
  assert.deepEqual(namesOf('mine, fal:b'), ['mine', 'fal:b'])
  assert.deepEqual(namesOf('fal:b, fal'), ['fal:b', 'fal:a', 'fal'])
  assert.match(
    faultsOf(file, { REELAY_PROVIDERS: 'fal:c' }),
    /REELAY_PROVIDERS names fal:c; known are cometapi, .*fal:a, fal:b, mine/,
  )
})

test('an alias is a name for models in order; fallbacks come after them, also of a model without an alias', () => {
  const file: ConfigFile = {
    aliases: { fast: 'xai/grok', hd: ['a', 'b'] },
    fallbacks: { fast: ['fal/x', 'local/preview'], 'fal/veo': 'gemini/veo', hd: ['b', 'c'] },
  }
  assert.deepEqual(loadConfig({}, file).aliases, {
    fast: ['xai/grok', 'fal/x', 'local/preview'],
    hd: ['a', 'b', 'c'],
    'fal/veo': ['fal/veo', 'gemini/veo'],
  })
  const overridden = loadConfig({ REELAY_ALIASES: 'hd=d;low=e' }, file).aliases
  assert.deepEqual(
    [overridden['hd'], overridden['low'], overridden['fast']?.length],
    [['d', 'b', 'c'], ['e'], 3],
  )
})

test('what is wrong is told by its place in the file, all at once, without the values', () => {
  const message = faultsOf({
    accounts: {
      'fal:typo': { FAL_KYE: 'secret_1', FAL_KEY: 'secret_2' },
      'fal:url': { FAL_KEY: 'secret_3', FAL_BASE_URL: 'ftp://x' },
      'fal:none': {},
      nobody: { FAL_KEY: 'secret_4' },
      'fal:odd': { FAL_KEY: 'secret_7', constructor: 'secret_8' },
      'a:b': { provider: 'nosuch' },
      'xai:b': { provider: 'fal', FAL_KEY: 'secret_5' },
      'kling:half': { KLING_ACCESS_KEY: 'secret_6' },
      'local:second': {},
    },
    providers: [
      { name: 'fal:own', provider },
      { name: 'mine', provider },
      { name: 'mine', provider },
    ],
  })
  for (const expected of [
    '✖ reelay.config.ts: accounts["fal:typo"] has no setting FAL_KYE; those of fal are FAL_KEY, FAL_BASE_URL',
    'accounts["fal:odd"] has no setting constructor; those of fal are FAL_KEY, FAL_BASE_URL',
    'accounts["fal:url"]: FAL_BASE_URL must be an absolute http or https URL',
    'accounts["fal:none"] needs FAL_KEY',
    'accounts["nobody"] is of no known provider: call it <provider>:<name>, or give provider as one of cometapi,',
    'accounts["a:b"] names the provider "nosuch": call it',
    'accounts["xai:b"] has the name of another provider than "fal": give it another name',
    'accounts["kling:half"]: KLING_SECRET_KEY must be set with KLING_ACCESS_KEY',
    'accounts["local:second"] cannot be set up: there is one local, and it has no settings',
    'providers[0].name: "fal:own" belongs to the built-in provider of that name: give it another one',
    'providers[2].name: there is another account "mine": give it another name',
  ]) {
    assert.ok(message.includes(expected), `${expected}\n  is not in\n${message}`)
  }
  assert.doesNotMatch(message, /secret_\d/)
})

const MALFORMED: readonly (readonly [content: unknown, words: RegExp])[] = [
  [{ acounts: {} }, /reelay\.config\.ts: Unrecognized key: "acounts"/],
  [{ accounts: { 'fal a': {} } }, /accounts\["fal a"\].*fal:team-a/],
  [{ accounts: { 'fal:a:b': {} } }, /accounts\["fal:a:b"\]/],
  [
    { accounts: { 'fal:a': { FAL_KEY: undefined } } },
    /accounts\["fal:a"\]\.FAL_KEY must be a text\. Is it read from/,
  ],
  [{ aliases: { fast: [] } }, /aliases\.fast must be a model, or a list of models in order/],
  [{ fallbacks: { fast: '' } }, /fallbacks\.fast must/],
  [{ providers: {} }, /providers Invalid input: expected array/],
  [
    { providers: [{ name: 'a', provider: 'xai' }] },
    /providers\[0\]\.provider must be a provider, or a function/,
  ],
]

for (const [content, words] of MALFORMED) {
  test(`refused: ${JSON.stringify(content)}`, () => assert.match(faultsOf(content), words))
}

test('no file is no fault', () => {
  assert.deepEqual(accountsOf(loadConfig({})), [['local', 'local', {}]])
  assert.equal(loadConfig({}).defaultModel, 'local/preview')
})
