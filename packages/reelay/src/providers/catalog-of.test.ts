import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { ModelCapabilities } from '@reelay/sdk'
import type { VideoRequest } from '../task/request.ts'
import { createCatalog, type CatalogAccount } from './catalog-of.ts'
import { COMETAPI_TRAITS } from './cometapi/index.ts'
import type { Plan } from './catalog.ts'
import type { Provider } from './provider.ts'

const capabilities: ModelCapabilities = {
  seconds: { min: 5, max: 10, values: null, default: 5 },
  sizes: ['1280x720'],
  ratios: [],
  resolutions: [],
  inputs: {},
  audio: 'never',
}

const unused = async (): Promise<never> => assert.fail('The catalog asks no provider.')

type Given = {
  account?: string
  models?: Readonly<Record<string, Partial<ModelCapabilities> | null>>
  openCatalog?: boolean
  deadlineMs?: number
}

function accountOf(providerName: string, given: Given = {}): CatalogAccount {
  const { account = providerName, models = {}, openCatalog = false, deadlineMs = 1_000 } = given
  const provider: Provider = {
    traits: {
      ...COMETAPI_TRAITS,
      timing: { ...COMETAPI_TRAITS.timing, deadlineMs },
      providerOptions: ['quality'],
      openCatalog,
    },
    models: () =>
      Object.entries(models).map(([id, changed]) => ({
        id,
        capabilities: changed === null ? null : { ...capabilities, ...changed },
        price: null,
      })),
    start: unused,
    probe: unused,
    open: unused,
  }
  return { account, providerName, provider }
}

const request = (model: string, given: Partial<VideoRequest> = {}): VideoRequest => ({
  model,
  prompt: 'p',
  seconds: null,
  size: null,
  resolution: null,
  aspectRatio: null,
  negativePrompt: null,
  seed: null,
  generateAudio: null,
  inputs: [],
  providerOptions: {},
  ...given,
})

const comet = accountOf('comet', { models: { wan: {}, veo: {} }, openCatalog: true, deadlineMs: 2_000 })
const cometEu = accountOf('comet', { account: 'comet:eu', models: { wan: {}, eu: {} }, openCatalog: true })
const dash = accountOf('dash', { models: { wan: {}, 'org/wan': {} }, deadlineMs: 9_000 })

const catalog = createCatalog({
  accounts: [dash, comet, cometEu],
  aliases: {
    best: ['dash/wan', 'comet/wan', 'missing/none'],
    long: ['dash/wan', 'comet/new'],
    own: ['best'],
  },
  order: ['comet', 'dash'],
  isReachable: () => false,
})

const candidates = (plan: Plan): string[] =>
  plan.kind === 'planned' ? plan.candidates.map(({ account, model }) => `${account} ${model}`) : [plan.kind]

const NAMES: readonly [name: string, expected: string[]][] = [
  ['wan', ['comet wan']],
  ['dash/wan', ['dash wan']],
  ['comet/wan', ['comet wan']],
  ['comet:eu/wan', ['comet:eu wan']],
  ['comet/eu', ['comet:eu eu']],
  ['org/wan', ['dash org/wan']],
  ['dash/org/wan', ['dash org/wan']],
  ['comet/org/new', ['comet org/new']],
  ['dash/new', ['unknown_model']],
  ['other/wan', ['unknown_model']],
  ['new', ['unknown_model']],
  ['comet/', ['unknown_model']],
  ['/wan', ['unknown_model']],
  ['best', ['dash wan', 'comet wan']],
  ['own', ['unknown_model']],
]

for (const [name, expected] of NAMES) {
  test(`the name ${name} means ${expected.join(', ')}`, () => {
    assert.deepEqual(candidates(catalog.plan(request(name), 'none')), expected)
  })
}

test('an unlisted model of an open catalog passes unvalidated, with a warning', () => {
  const plan = catalog.plan(request('comet/new', { seconds: '99', size: '1x1' }), 'none')
  assert.ok(plan.kind === 'planned')
  assert.deepEqual(plan.warnings, ['model_not_in_catalog'])
  assert.equal(plan.request.seconds, '99')
})

test('a model without a description passes unvalidated, without a warning', () => {
  const learned = createCatalog({
    accounts: [accountOf('own', { models: { m: null } })],
    aliases: {},
    order: [],
    isReachable: () => false,
  })
  const plan = learned.plan(request('m', { seconds: '99' }), 'none')
  assert.ok(plan.kind === 'planned')
  assert.deepEqual(plan.warnings, [])
})

test('the deadline is that of the slowest candidate', () => {
  const plan = catalog.plan(request('best'), 'none')
  assert.equal(plan.kind === 'planned' ? plan.deadlineMs : 0, 9_000)
})

test('a request that the model cannot serve is refused by its parameter', () => {
  const plan = catalog.plan(request('wan', { seconds: '99' }), 'none')
  assert.ok(plan.kind === 'invalid')
  assert.equal(plan.param, 'seconds')
  assert.match(plan.message, /5 to 10/)
})

test('nearest changes it, with a warning', () => {
  const plan = catalog.plan(request('wan', { seconds: '99' }), 'nearest')
  assert.ok(plan.kind === 'planned')
  assert.equal(plan.request.seconds, '10')
  assert.deepEqual(plan.warnings, ['seconds_normalised'])
})

test('candidates that cannot serve the request are skipped', () => {
  const plan = catalog.plan(request('long', { seconds: '99' }), 'none')
  assert.deepEqual(candidates(plan), ['comet new'])
})

test('an option that the provider does not have is refused, naming those that it has', () => {
  const plan = catalog.plan(request('wan', { providerOptions: { callback_url: 'x' } }), 'none')
  assert.ok(plan.kind === 'invalid')
  assert.equal(plan.param, 'provider_options')
  assert.match(plan.message, /callback_url.*quality/)
  assert.deepEqual(candidates(catalog.plan(request('wan', { providerOptions: { quality: 1 } }), 'none')), [
    'comet wan',
  ])
})

test('an unknown model is told with the known ones', () => {
  const plan = catalog.plan(request('wam'), 'none')
  assert.ok(plan.kind === 'unknown_model')
  assert.match(plan.message, /"wam".*best.*wan/)
})

test('the list has aliases, bare names, and exact names for what is already taken', () => {
  assert.deepEqual(
    catalog.list().map(({ id, owned_by }) => [id, owned_by]),
    [
      ['best', 'dash'],
      ['long', 'dash'],
      ['wan', 'comet'],
      ['veo', 'comet'],
      ['comet:eu/wan', 'comet:eu'],
      ['eu', 'comet:eu'],
      ['dash/wan', 'dash'],
      ['org/wan', 'dash'],
    ],
  )
})

const file = { role: 'reference', storageKey: 'k', mime: 'image/png', bytes: 1, sha256: '' } as const

/** A model that is sent files, one whose provider fetches them, and one that differs from its provider's others. */
function fetching(isReachable: boolean): (model: string, given?: Partial<VideoRequest>) => Plan {
  const frames = { models: { m: { inputs: { first_frame: 1 } } }, openCatalog: true }
  const sent = accountOf('sent', frames)
  const fetches = accountOf('fetches', frames)
  fetches.provider = { ...fetches.provider, traits: { ...fetches.provider.traits, inputs: 'url' } }
  const mixed = accountOf('mixed', frames)
  const models = mixed.provider.models().map((model) => ({ ...model, inputs: 'url' as const }))
  mixed.provider = { ...mixed.provider, models: () => models }
  const own = createCatalog({
    accounts: [sent, fetches, mixed],
    aliases: { both: ['fetches/m', 'sent/m'], back: ['sent/m', 'fetches/m'] },
    order: [],
    isReachable: () => isReachable,
  })
  return (model, given = { inputs: [file] }) => own.plan(request(model, given), 'none')
}

test('files that a provider would fetch are refused while it cannot reach this gateway', () => {
  const plan = fetching(false)
  for (const model of ['fetches/m', 'fetches/unlisted', 'mixed/m']) {
    const refused = plan(model)
    assert.ok(refused.kind === 'unreachable', model)
    assert.equal(refused.param, 'input_reference')
    assert.match(refused.message, /REELAY_PUBLIC_URL/)
  }
  const allowed = ['sent/m', 'mixed/unlisted']
  assert.deepEqual(
    allowed.map((model) => plan(model).kind),
    ['planned', 'planned'],
  )
})

test('a request without files, or a gateway that can be reached, is not refused', () => {
  for (const model of ['fetches/m', 'mixed/m']) {
    assert.equal(fetching(false)(model, {}).kind, 'planned')
    assert.equal(fetching(true)(model).kind, 'planned')
  }
})

test('what the model cannot do at all is said first', () => {
  const plan = fetching(false)('fetches/m', { inputs: [file], seconds: '99' })
  assert.ok(plan.kind === 'invalid')
  assert.equal(plan.param, 'seconds')
})

test('candidates whose provider cannot fetch the files are skipped', () => {
  assert.deepEqual(candidates(fetching(false)('both')), ['sent m'])
  assert.deepEqual(candidates(fetching(false)('back')), ['sent m'])
  assert.deepEqual(candidates(fetching(true)('both')), ['fetches m', 'sent m'])
})
