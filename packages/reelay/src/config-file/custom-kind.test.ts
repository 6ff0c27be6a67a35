import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ConfigError } from '../config-error.ts'
import type { CustomProvider } from '../providers/custom-provider.ts'
import { OutputGone, ProbeUnavailable, SubmitUnknown, type Provider } from '../providers/provider.ts'
import type { ProviderParts } from '../providers/registry.ts'
import { customKind } from './custom-kind.ts'

const PLACE = 'reelay.config.ts: providers[0] ("mine")'
const parts = { guarded: 1, clock: 2, ids: 3, log: 4, dataDir: '/data', media: 6 } as unknown as ProviderParts
const signal = new AbortController().signal

const make = (provider: unknown): Promise<Provider> =>
  customKind({ name: 'mine', provider: provider as CustomProvider['provider'] }, PLACE).create({}, parts)

/** A class, whose methods need their `this`, and whose errors are those of another copy of this package. */
class Engine {
  readonly traits = { cancel: 'supported' }
  readonly id = 'job_1'
  models(): object[] {
    return [{ id: this.id }]
  }
  async start(): Promise<never> {
    throw Object.assign(new Error('lost'), { name: 'SubmitUnknown', rawAnswer: 'HTTP 500' })
  }
  async probe(): Promise<never> {
    throw Object.assign(new Error('away'), { name: 'ProbeUnavailable', pauseAccountMs: 7 })
  }
  async open(): Promise<never> {
    throw Object.assign(new Error('dead'), { name: 'OutputGone' })
  }
  async cancel(): Promise<string> {
    return `cancelled ${this.id}`
  }
}

test('a provider of the file keeps its this, and has the optional methods that it has', async () => {
  const provider = await make(new Engine())
  assert.deepEqual(provider.models(), [{ id: 'job_1' }])
  assert.equal(await provider.cancel?.({ providerTaskId: 'x' }, signal), 'cancelled job_1')
  assert.deepEqual(Object.keys(provider), ['traits', 'models', 'start', 'probe', 'open', 'cancel'])
})

test('errors of another copy of this package mean the same', async () => {
  const provider = await make(new Engine())
  const operation = { providerTaskId: 'x' }
  await assert.rejects(provider.start({} as Parameters<Provider['start']>[0]), (error) => {
    assert.ok(error instanceof SubmitUnknown)
    assert.equal(error.rawAnswer, 'HTTP 500')
    return true
  })
  await assert.rejects(provider.probe(operation, signal), (error) => {
    assert.ok(error instanceof ProbeUnavailable)
    assert.equal(error.pauseAccountMs, 7)
    return true
  })
  await assert.rejects(provider.open({ role: 'video', ref: 'x' }, operation, signal), OutputGone)
})

test('a function makes it, of the gateway’s parts', async () => {
  let given: object = {}
  await make((own: object) => {
    given = own
    return new Engine()
  })
  assert.deepEqual(given, { guarded: 1, clock: 2, ids: 3, log: 4, dataDir: '/data' })
})

const failing = (): never => {
  throw new Error('no licence')
}

test('what cannot be made, and what is no provider, is told by its place', async () => {
  for (const [provider, words] of [
    [failing, `${PLACE} could not be made: no licence`],
    [
      { traits: {}, start: failing },
      `${PLACE} is no provider: it needs traits, and the functions models, start,`,
    ],
    [async () => null, `${PLACE} is no provider`],
  ] as const) {
    await assert.rejects(make(provider), (error) => {
      assert.ok(error instanceof ConfigError)
      assert.ok(error.message.startsWith(words), error.message)
      return true
    })
  }
})
