import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createReelay, type Reelay } from '../../src/compose.ts'
import { loadConfig } from '../../src/config.ts'
import type { KeyScope } from '../../src/store/store.ts'
import { hashOfKey } from '../../src/system/hash-of-key.ts'
import { systemIds } from '../../src/system/ids.ts'
import { silentLog } from '../../src/system/log.ts'
import { TestClock } from '../../src/system/test-clock.ts'

export type ApiAnswer = { status: number; headers: Headers; body: Record<string, unknown> }

/** A whole gateway that nobody started: it answers, stores, and works on nothing. Its clock stands still. */
export interface OpenApi extends AsyncDisposable {
  readonly reelay: Reelay
  readonly clock: TestClock
  /** A JSON request, as the admin of the default project unless another key is given. */
  call(method: string, path: string, options?: { body?: unknown; key?: string }): Promise<ApiAnswer>
  /** A key of a project, which is made when there is none. */
  addKey(projectId: string, scopes: readonly KeyScope[]): Promise<string>
}

export async function openApi(environment: Record<string, string> = {}): Promise<OpenApi> {
  const directory = await mkdtemp(join(tmpdir(), 'reelay-api-'))
  const clock = new TestClock()
  const config = loadConfig({ REELAY_DATA_DIR: directory, REELAY_PROVIDERS: 'local', ...environment })
  const reelay = await createReelay(config, { log: silentLog, clock })
  return {
    reelay,
    clock,
    call: (method, path, { body, key = reelay.adminKey } = {}) => call(reelay, { method, path, body, key }),
    addKey: (projectId, scopes) => addKey(reelay, clock.nowMs(), projectId, scopes),
    [Symbol.asyncDispose]: async () => {
      await reelay.stop()
      await rm(directory, { recursive: true, force: true })
    },
  }
}

type Call = { method: string; path: string; body: unknown; key: string }

async function call(reelay: Reelay, { method, path, body, key }: Call): Promise<ApiAnswer> {
  const headers = new Headers({ authorization: `Bearer ${key}` })
  if (body !== undefined) headers.set('content-type', 'application/json')
  const content = body === undefined ? null : JSON.stringify(body)
  const request = new Request(`http://127.0.0.1${path}`, { method, headers, body: content })
  const response = await reelay.fetch(request)
  return {
    status: response.status,
    headers: response.headers,
    body: (await response.json()) as Record<string, unknown>,
  }
}

async function addKey(
  { store }: Reelay,
  nowMs: number,
  projectId: string,
  scopes: readonly KeyScope[],
): Promise<string> {
  if ((await store.findProject(projectId)) === undefined)
    await store.createProject({ id: projectId, name: projectId, createdAtMs: nowMs, limits: {} })
  const secret = `rk_${systemIds.secret(32)}`
  const key = { id: systemIds.id('key', nowMs), projectId, name: 'test', scopes, profile: 'comet' as const }
  const times = { createdAtMs: nowMs, lastUsedAtMs: null, expiresAtMs: null, revokedAtMs: null }
  await store.createKey({ ...key, ...times }, hashOfKey(secret))
  return secret
}
