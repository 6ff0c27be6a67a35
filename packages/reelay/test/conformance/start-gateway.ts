import { subscribe, unsubscribe } from 'node:diagnostics_channel'
import { mkdtemp, rm } from 'node:fs/promises'
import type { IncomingMessage } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type Simulator, startSimulator } from '@reelay/simulator'
import { createReelay, type Reelay } from '../../src/compose.ts'
import { loadConfig, type Environment } from '../../src/config.ts'
import { hashOfKey } from '../../src/system/hash-of-key.ts'
import type { Provider } from '../../src/providers/provider.ts'
import { systemIds } from '../../src/system/ids.ts'
import { silentLog } from '../../src/system/log.ts'
import { probeVideo } from '../../src/media/probe.ts'
import type { Task } from '../../src/task/task.ts'
import { atOnce } from '../support/at-once.ts'

/** A whole gateway over a loopback provider, with looks every few milliseconds. */
export interface Gateway {
  readonly url: string
  /** A key of the default project with every scope but admin. */
  readonly key: string
  readonly adminKey: string
  readonly reelay: Reelay
  readonly upstream: Simulator
  addKey(projectId: string): Promise<string>
  /** Resolves when the stored task satisfies the condition, now or after a change. */
  untilTask(id: string, condition: (task: Task) => boolean): Promise<void>
  /** Breaks the connection of the next `count` creates after their task is stored and before their answer leaves. */
  dropAnswers(count: number): void
  /** Resolves when the next create has begun to arrive. */
  untilCreate(): Promise<void>
  stop(): Promise<void>
}

const TIMING = {
  firstPollMs: 20,
  intervalMs: 20,
  intervalMaxMs: 50,
  missingGraceMs: 5_000,
  deadlineMs: 3_600_000,
}
const PACING = { perSecond: 2_000, burst: 2_000, inFlightMax: 1_000 }

const hurried = (_account: string, provider: Provider): Provider => ({
  ...provider,
  traits: { ...provider.traits, timing: TIMING, pacing: PACING },
})

export async function startGateway(environment: Environment = {}): Promise<Gateway> {
  const directory = await mkdtemp(join(tmpdir(), 'reelay-conformance-'))
  const upstream = await startSimulator({ dripMs: 1 })
  const config = loadConfig({
    REELAY_DATA_DIR: directory,
    REELAY_PORT: '0',
    REELAY_PROVIDERS: 'cometapi',
    REELAY_LIMIT_FILE_BYTES: '100000',
    COMETAPI_KEY: 'test-key',
    COMETAPI_BASE_URL: upstream.url,
    ...environment,
  })
  const reelay = await createReelay(config, {
    log: silentLog,
    wrapProvider: hurried,
    inspector: {
      probe: probeVideo,
      poster: () => Promise.resolve(undefined),
    },
  })
  const { url } = await reelay.listen()
  await reelay.start()
  const connections = watchConnections(reelay, Number(new URL(url).port))
  const addKey = (projectId: string): Promise<string> => createKey(reelay, projectId)
  return {
    url,
    key: await addKey('default'),
    adminKey: reelay.adminKey,
    reelay,
    upstream,
    addKey,
    untilTask: (id, condition) => untilTask(reelay, id, condition),
    dropAnswers: connections.drop,
    untilCreate: connections.untilCreate,
    stop: async () => {
      connections.stop()
      await reelay.stop()
      await upstream.close()
      await rm(directory, { recursive: true, force: true })
    },
  }
}

function untilTask(reelay: Reelay, id: string, condition: (task: Task) => boolean): Promise<void> {
  const { store } = reelay
  const holds = (): boolean => {
    const task = atOnce(store.loadTask(id))
    return task !== undefined && condition(task)
  }
  return new Promise((resolve) => {
    const unwatch = store.onChange((changed) => {
      if (changed !== id || !holds()) return
      unwatch()
      resolve()
    })
    if (!holds()) return
    unwatch()
    resolve()
  })
}

async function createKey(reelay: Reelay, projectId: string): Promise<string> {
  const secret = `rk_${systemIds.secret(32)}`
  const id = systemIds.id('key', Date.now())
  const times = { createdAtMs: Date.now(), lastUsedAtMs: null, expiresAtMs: null, revokedAtMs: null }
  const key = { id, projectId, name: 'conformance', profile: 'comet' as const, ...times }
  await reelay.store.createKey({ ...key, scopes: ['create', 'read', 'content'] }, hashOfKey(secret))
  return secret
}

const REQUESTS = 'http.server.request.start'

type Connections = { drop: (count: number) => void; untilCreate: () => Promise<void>; stop: () => void }

/** Finds the connection of a create by its request id, which the task's timeline has too. */
function watchConnections(reelay: Reelay, port: number): Connections {
  const requests = new Map<string, IncomingMessage>()
  let waiting: (() => void)[] = []
  const record = (message: unknown): void => {
    const { request } = message as { request: IncomingMessage }
    // The provider's server is in this process too.
    if (request.socket.localPort !== port) return
    requests.set(String(request.headers['x-request-id']), request)
    if (request.method !== 'POST' || request.url !== '/v1/videos') return
    for (const wake of waiting) wake()
    waiting = []
  }
  subscribe(REQUESTS, record)
  let left = 0
  const { store } = reelay
  const insertTask = store.insertTask.bind(store)
  store.insertTask = async (insert) => {
    const outcome = await insertTask(insert)
    if (left > 0) {
      left -= 1
      requests.get(String(insert.events[0]?.data?.['request_id']))?.socket.destroy()
    }
    return outcome
  }
  return {
    drop: (count) => {
      left = count
    },
    untilCreate: () =>
      new Promise((resolve) => {
        waiting.push(resolve)
      }),
    stop: () => {
      unsubscribe(REQUESTS, record)
    },
  }
}
