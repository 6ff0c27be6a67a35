import assert from 'node:assert/strict'
import { mkdtempDisposable } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { viewAccounts } from './account-views.ts'
import type { AccountView } from './http/deps.ts'
import type { CredentialCheck, Provider, Traits } from './providers/provider.ts'
import { openSqliteStore } from './store/sqlite/sqlite-store.ts'
import { TestClock } from './system/test-clock.ts'

const signal = new AbortController().signal

const never = async (): Promise<never> => {
  throw new Error('never asked')
}

function provider(check: () => Promise<CredentialCheck>, traits: Partial<Traits> = {}): Provider {
  return {
    traits: {
      timing: { firstPollMs: 1, intervalMs: 1, intervalMaxMs: 1, missingGraceMs: 1, deadlineMs: 1 },
      pacing: { perSecond: 1, burst: 1, inFlightMax: 7 },
      cancel: 'unsupported',
      inputs: 'upload',
      providerOptions: [],
      openCatalog: true,
      ...traits,
    },
    models: () => [],
    start: never,
    probe: never,
    open: never,
    check,
  }
}

const works = async (): Promise<CredentialCheck> => ({ ok: true, detail: 'fine' })

/** The views of these accounts over a store of their own. */
async function views(
  providers: Record<string, Provider>,
  { isReachable = true, before }: { isReachable?: boolean; before?: (store: Opened) => Promise<void> } = {},
): Promise<readonly AccountView[]> {
  await using folder = await mkdtempDisposable(join(tmpdir(), 'reelay-accounts-'))
  const clock = new TestClock()
  const store = await openSqliteStore({ path: join(folder.path, 'reelay.db'), clock })
  try {
    await before?.({ store, clock })
    const accountAddresses = { urlOf: () => null }
    const asked = viewAccounts(
      { store, clock, providers: new Map(Object.entries(providers)), isReachable, accountAddresses },
      signal,
    )
    await clock.untilSleeping()
    clock.advance(12_000)
    return await asked
  } finally {
    await store.close()
  }
}

type Opened = { store: Awaited<ReturnType<typeof openSqliteStore>>; clock: TestClock }

test('an account tells its place, its room, and whether it is called back', async () => {
  const [first, second] = await views({
    b: provider(works, { callbacks: 'per_request' }),
    a: provider(works),
  })
  assert.deepEqual(first, {
    provider: 'b',
    account: 'b',
    configured: true,
    pausedUntilMs: null,
    pauseReason: null,
    inFlight: 0,
    inFlightMax: 7,
    callbacks: true,
    callbackUrl: null,
    check: { ok: true, detail: 'fine' },
  })
  assert.deepEqual([second?.account, second?.callbacks], ['a', false])
})

test('nobody is called back where providers cannot reach the gateway', async () => {
  const [view] = await views({ b: provider(works, { callbacks: 'both' }) }, { isReachable: false })
  assert.equal(view?.callbacks, false)
})

test('a pause is told with its reason, and only while it lasts', async () => {
  const [now, over] = await views(
    { now: provider(works), over: provider(works) },
    {
      before: async ({ store, clock }) => {
        await store.pauseAccount('now', clock.nowMs() + 60_000, 'HTTP 429')
        await store.pauseAccount('over', clock.nowMs(), 'HTTP 402')
      },
    },
  )
  assert.deepEqual([now?.pauseReason, (now?.pausedUntilMs ?? 0) > 0], ['HTTP 429', true])
  assert.deepEqual([over?.pauseReason, over?.pausedUntilMs], [null, null])
})

test('a check that never ends is a failed one, and holds nobody up', async () => {
  const [stuck] = await views({ stuck: provider(() => new Promise(() => {})) })
  assert.deepEqual(stuck?.check, { ok: false, detail: 'no answer within 12 s' })
})

test('a check that throws is a failed one, with the reason', async () => {
  const [broken] = await views({
    broken: provider(async () => {
      throw new Error('no route')
    }),
  })
  assert.deepEqual(broken?.check, { ok: false, detail: 'no route' })
})
