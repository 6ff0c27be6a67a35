import { serve, type Serving } from '../../src/http/serve.ts'
import { startTestApp, TEST_LIMITS } from '../../src/http/test-deps.ts'
import type { KeyScope, Store } from '../../src/store/store.ts'
import { hashOfKey } from '../../src/system/hash-of-key.ts'
import { systemIds } from '../../src/system/ids.ts'
import { silentLog } from '../../src/system/log.ts'
import type { Clock } from '../../src/system/clock.ts'

/** The API over a real store, on a real socket. What changes is written by the test, through the store. */
export type LiveServer = {
  url: string
  key: string
  openStreams(): number
  /** How often each verb of the store was asked since the last call, without those of zero. */
  asked(): Record<string, number>
  close(): Promise<void>
}

export type LiveOptions = {
  store: Store
  clock: Clock
  recheckMs?: number | null
  streamsMax?: number
  scopes?: readonly KeyScope[]
}

/** The store is the caller's to close. */
export async function startLiveServer(options: LiveOptions): Promise<LiveServer> {
  const { clock, recheckMs = null, streamsMax = 1_000, scopes = ['create', 'read', 'content'] } = options
  const counts = new Map<string, number>()
  const store = countingStore(options.store, counts)
  const api = startTestApp({ streamsMax }, { store, clock, recheckMs, log: silentLog })
  const key = await addKey(options.store, scopes)
  const address = { host: '127.0.0.1', port: 0 }
  const served: Serving = await serve(api.app, { ...address, limits: TEST_LIMITS, log: silentLog })
  return {
    url: served.url,
    key,
    openStreams: () => api.app.openStreams(),
    asked: () => {
      const asked = Object.fromEntries(counts)
      counts.clear()
      return asked
    },
    close: async () => {
      api.stop()
      await served.close(0)
      await api.close()
    },
  }
}

/** Counts the calls of every verb. */
function countingStore(store: Store, counts: Map<string, number>): Store {
  return new Proxy(store, {
    get: (target, name) => {
      const value: unknown = Reflect.get(target, name, target)
      if (typeof value !== 'function') return value
      return (...values: unknown[]): unknown => {
        counts.set(String(name), (counts.get(String(name)) ?? 0) + 1)
        return value.apply(target, values) as unknown
      }
    },
  })
}

async function addKey(store: Store, scopes: readonly KeyScope[]): Promise<string> {
  const secret = `rk_${systemIds.secret(32)}`
  const times = { createdAtMs: 0, lastUsedAtMs: null, expiresAtMs: null, revokedAtMs: null }
  const key = { id: systemIds.id('key', Date.now()), projectId: 'default', name: 'live', scopes }
  await store.createKey({ ...key, profile: 'comet', ...times }, hashOfKey(secret))
  return secret
}
