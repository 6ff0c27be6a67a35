import { createHash } from 'node:crypto'
import type { Plan } from '../providers/catalog.ts'
import type { KeyScope } from '../store/store.ts'
import { silentObserver } from '../observability/observer.ts'
import { hashOfKey } from '../system/hash-of-key.ts'
import { systemIds } from '../system/ids.ts'
import { silentLog, type Log } from '../system/log.ts'
import { TestClock } from '../system/test-clock.ts'
import { createVault } from '../system/vault.ts'
import type { VideoRequest } from '../task/request.ts'
import type { Task } from '../task/task.ts'
import { createApp, type App } from './app.ts'
import { InputRefused, type HttpDeps, type HttpLimits, type HttpSettings } from './deps.ts'
import { NO_LIMITS } from './limit-list.ts'
import { TestFiles } from './test-files.ts'
import { TestStore } from './test-store.ts'

export const TEST_LIMITS: HttpLimits = {
  bodyBytesMax: 64 * 1024,
  fileBytesMax: 32 * 1024,
  filesMax: 3,
  fieldsMax: 40,
  promptCharactersMax: 4_000,
}

/** The smallest PNG that is one. */
export const PNG: Uint8Array<ArrayBuffer> = new Uint8Array(
  Buffer.from(
    'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNkYPhfDwAChwGA60e6kgAAAABJRU5ErkJggg==',
    'base64',
  ),
)

export const JPEG: Uint8Array<ArrayBuffer> = new Uint8Array([0xff, 0xd8, 0xff, 0xe0, 0, 0x10, 0x4a, 0x46])

/** Begins like an MP4. */
export const MP4: Uint8Array<ArrayBuffer> = new Uint8Array(
  Buffer.concat([Buffer.from([0, 0, 0, 24]), Buffer.from('ftypisom0000isommp42'), Buffer.alloc(2_000, 7)]),
)

/** An app on fakes, with everything that a test looks at. */
export type TestApp = {
  app: App
  store: TestStore
  files: TestFiles
  clock: TestClock
  /** URL to bytes: what `fetchInput` finds. */
  remote: Map<string, Uint8Array>
  lines: { level: string; fields: object; message: string }[]
  /** What the catalog was asked last. */
  planned: VideoRequest[]
  /** A key's secret. */
  addKey(projectId: string, scopes?: readonly KeyScope[], profile?: Task['profile']): string
  /** Ends a task as the engine would. */
  complete(id: string, bytes?: Uint8Array): void
  stop(): void
  close(): Promise<void>
}

function planOf(request: VideoRequest): Plan {
  if (request.model !== 'wan2.6')
    return { kind: 'unknown_model', message: `There is no model ${request.model}.` }
  if (request.seconds !== null && ![5, 10, 15].includes(Number(request.seconds))) {
    return { kind: 'invalid', param: 'seconds', message: 'seconds is one of 5, 10, 15.' }
  }
  if (request.size !== null && request.size !== '1280x720') {
    return { kind: 'invalid', param: 'size', message: 'size is 1280x720.' }
  }
  return {
    kind: 'planned',
    request,
    candidates: [{ account: 'test:one', model: 'wan-2-6' }],
    warnings: [],
    deadlineMs: 3_600_000,
  }
}

function recordingLog(lines: TestApp['lines']): Log {
  const log: Log = {
    ...silentLog,
    info: (fields, message) => void lines.push({ level: 'info', fields, message }),
    warn: (fields, message) => void lines.push({ level: 'warn', fields, message }),
    error: (fields, message) => void lines.push({ level: 'error', fields, message }),
    child: () => log,
  }
  return log
}

const SETTINGS: HttpSettings = {
  publicUrl: 'https://reelay.example',
  callbackBase: null,
  linkTtlMs: 3_600_000,
  retention: { filesMs: null, recordsMs: null, logsMs: null },
  linkKeys: [Buffer.alloc(32, 1), Buffer.alloc(32, 2)],
  profile: 'comet',
  defaultModel: null,
  limits: TEST_LIMITS,
  projectLimits: NO_LIMITS,
  streamsMax: 3,
  trustedProxies: 0,
  azureAlias: false,
  dashboardDir: '/nowhere/dashboard',
  servesApi: true,
  version: '9.9.9',
  metrics: { isOpen: false, token: null },
}

const IDLE_ACCOUNT: Pick<HttpDeps, 'recheckMs' | 'accountNames' | 'lookAtJob' | 'accounts' | 'backUp'> = {
  backUp: async () => ({ kind: 'running' }),
  recheckMs: null,
  accountNames: () => ['test:one'],
  lookAtJob: async () => ({ kind: 'absent' }),
  accounts: async () => [],
}

const MODEL = {
  id: 'local/preview',
  object: 'model',
  created: 1,
  owned_by: 'local',
  capabilities: null,
  price: null,
} as const

export function startTestApp(settings: Partial<HttpSettings> = {}, more: Partial<HttpDeps> = {}): TestApp {
  const clock = new TestClock()
  const store = new TestStore(() => clock.nowMs())
  const files = new TestFiles()
  const remote = new Map<string, Uint8Array>()
  const lines: TestApp['lines'] = []
  const planned: VideoRequest[] = []
  const stopping = new AbortController()
  store.projects.push(
    { id: 'default', name: 'Default', createdAtMs: 0, limits: {} },
    { id: 'proj_a', name: 'A', createdAtMs: clock.nowMs(), limits: {} },
  )
  const deps: HttpDeps = {
    store,
    files,
    catalog: {
      plan: (request) => {
        planned.push(request)
        return planOf(request)
      },
      list: () => [MODEL],
    },
    clock,
    ids: systemIds,
    log: recordingLog(lines),
    settings: { ...SETTINGS, ...settings },
    fetchInput: async (url) => {
      const bytes = remote.get(url)
      if (bytes === undefined) throw new InputRefused('its host is private.')
      return once(bytes)
    },
    vault: createVault([Buffer.alloc(32, 3)]),
    sessions: createVault([Buffer.alloc(32, 4)]),
    refuseCallbackUrl: (url) =>
      url.includes('10.0.0.1') ? 'the host is private; see REELAY_ALLOW_HOSTS.' : null,
    ...IDLE_ACCOUNT,
    accountAddresses: { urlOf: () => null, accountOf: () => undefined },
    readCallback: () => ({ verdict: 'unsigned', operation: null, hint: 'moved' }),
    observer: silentObserver,
    metrics: async () => ({ contentType: 'text/plain; version=0.0.4', text: 'figures 1\n' }),
    readiness: async () => ({ ready: true, detail: { store: 'ok' } }),
    stopping: stopping.signal,
    ...more,
  }
  return {
    app: createApp(deps),
    store,
    files,
    clock,
    remote,
    lines,
    planned,
    addKey: (projectId, scopes = ['create', 'read', 'content'], profile = 'comet') => {
      const secret = `rk_${systemIds.secret(32)}`
      const key = { id: systemIds.id('key', clock.nowMs()), projectId, name: 'test', scopes, profile }
      store.keys.push({
        key: { ...key, createdAtMs: clock.nowMs(), lastUsedAtMs: null, expiresAtMs: null, revokedAtMs: null },
        hash: hashOfKey(secret),
      })
      return secret
    },
    complete: (id, bytes = MP4) => complete(store, files, id, bytes, clock.nowMs()),
    stop: () => stopping.abort(),
    close: () => files.close(),
  }
}

async function* once(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  yield bytes
}

function complete(store: TestStore, files: TestFiles, id: string, bytes: Uint8Array, nowMs: number): void {
  const storageKey = `videos/${id}/1.1.video.0.mp4`
  files.kept.set(storageKey, bytes)
  store.files.set(id, [
    {
      role: 'video',
      index: 0,
      storageKey,
      sha256: createHash('sha256').update(bytes).digest('hex'),
      bytes: bytes.byteLength,
      mime: 'video/mp4',
      width: 1280,
      height: 720,
      durationMs: 5_005.0049,
      codec: 'avc',
    },
  ])
  store.change(id, { state: 'completed', progress: 100, completedAtMs: nowMs })
}
