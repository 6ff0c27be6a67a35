import type { ApiKeyDeleted } from '@reelay/sdk'
import type { ApiKey } from '../store/store.ts'
import { hashOfKey } from '../system/hash-of-key.ts'
import { keyCreateSchema } from './admin-schemas.ts'
import { ApiError, invalidValue } from './api-error.ts'
import { jsonAnswer, projectOf, type Exchange } from './exchange.ts'
import { readJson } from './read-json.ts'

const SECRET_BYTES = 32

const NO_STORE = { 'cache-control': 'no-store' }

const seconds = (ms: number): number => Math.floor(ms / 1000)

const viewKey = (key: ApiKey): Record<string, unknown> => ({
  id: key.id,
  object: 'api_key',
  name: key.name,
  project: key.projectId,
  scopes: key.scopes,
  profile: key.profile,
  created_at: seconds(key.createdAtMs),
  last_used_at: key.lastUsedAtMs === null ? null : seconds(key.lastUsedAtMs),
})

/** `POST /v1/keys`: the only answer that shows the secret. */
export async function createKey(exchange: Exchange): Promise<Response> {
  const { clock, ids, settings, store } = exchange.shared
  const body = await readJson(exchange, keyCreateSchema)
  const projectId = body.project ?? projectOf(exchange)
  const projects = await store.listProjects()
  if (!projects.some((project) => project.id === projectId)) {
    throw invalidValue('project', 'There is no project with this id. GET /v1/projects lists them.')
  }
  const secret = `rk_${ids.secret(SECRET_BYTES)}`
  const nowMs = clock.nowMs()
  const key: ApiKey = {
    id: ids.id('key', nowMs),
    projectId,
    name: body.name,
    scopes: [...new Set(body.scopes ?? (['create', 'read', 'content'] as const))],
    profile: body.profile ?? settings.profile,
    createdAtMs: nowMs,
    lastUsedAtMs: null,
    expiresAtMs: null,
    revokedAtMs: null,
  }
  await store.createKey(key, hashOfKey(secret))
  return jsonAnswer({ ...viewKey(key), key: secret }, NO_STORE)
}

/** `GET /v1/keys`, of all projects or of one. */
export async function listKeys(exchange: Exchange): Promise<Response> {
  const project = new URL(exchange.request.url).searchParams.get('project')
  const keys = await exchange.shared.store.listKeys(project)
  return jsonAnswer({ object: 'list', data: keys.map(viewKey) }, NO_STORE)
}

/** `DELETE /v1/keys/{id}`: requests with the key are refused from now on. */
export async function revokeKey(exchange: Exchange): Promise<Response> {
  const id = exchange.context.req.param('id') ?? ''
  if (!(await exchange.shared.store.revokeKey(null, id))) {
    throw new ApiError('key_not_found', 'There is no live API key with this id. GET /v1/keys lists them.')
  }
  const body: ApiKeyDeleted = { id, object: 'api_key.deleted', deleted: true }
  return jsonAnswer(body, NO_STORE)
}
