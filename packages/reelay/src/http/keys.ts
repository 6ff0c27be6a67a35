import type { ApiKeyDeleted } from '@reelay/sdk'
import type { ApiKey, Project } from '../store/store.ts'
import { hashOfKey } from '../system/hash-of-key.ts'
import { keyCreateSchema, keyRotateSchema } from './admin-schemas.ts'
import { administeredProject, findAdministered, requireAdministered } from './administers.ts'
import { ApiError, invalidValue } from './api-error.ts'
import { projectOf, type Exchange } from './exchange.ts'
import { expiryOf } from './key-expiry.ts'
import { logAdministration } from './log-administration.ts'
import { readJson } from './read-json.ts'
import { readOptionalJson } from './read-optional-json.ts'
import { secretAnswer } from './secret-answer.ts'
import { unixSeconds } from './unix-seconds.ts'

const SECRET_BYTES = 32
const OVERLAP_SECONDS = 86_400
/** Of a project, live ones: not revoked, and not expired. */
const KEYS_MAX = 1_000
/** The one key that the settings make: they alone change it. */
const BOOTSTRAP_KEY = 'key_bootstrap'

const viewKey = (key: ApiKey): Record<string, unknown> => ({
  id: key.id,
  object: 'api_key',
  name: key.name,
  project: key.projectId,
  scopes: key.scopes,
  profile: key.profile,
  created_at: unixSeconds(key.createdAtMs),
  last_used_at: unixSeconds(key.lastUsedAtMs),
  expires_at: unixSeconds(key.expiresAtMs),
})

type Made = Pick<ApiKey, 'projectId' | 'name' | 'scopes' | 'profile' | 'expiresAtMs'>

function newKey(exchange: Exchange, made: Made, nowMs: number): { key: ApiKey; secret: string } {
  const { ids } = exchange.shared
  const times = { createdAtMs: nowMs, lastUsedAtMs: null, revokedAtMs: null }
  return { key: { ...made, ...times, id: ids.id('key', nowMs) }, secret: `rk_${ids.secret(SECRET_BYTES)}` }
}

/** `POST /v1/keys`: the only answer that shows the secret. */
export async function createKey(exchange: Exchange): Promise<Response> {
  const { clock, settings, store } = exchange.shared
  const body = await readJson(exchange, keyCreateSchema)
  const nowMs = clock.nowMs()
  const made = {
    projectId: (await projectOfNewKey(exchange, body.project)).id,
    name: body.name,
    scopes: [...new Set(body.scopes ?? (['create', 'read', 'content'] as const))],
    profile: body.profile ?? settings.profile,
    expiresAtMs: expiryOf(body, nowMs),
  }
  const { key, secret } = newKey(exchange, made, nowMs)
  if (!(await store.createKey(key, hashOfKey(secret), KEYS_MAX))) throw keyLimitReached()
  const detail = { project: key.projectId, scopes: key.scopes }
  logAdministration(exchange, { action: 'key.created', target: key.id, detail })
  return secretAnswer({ ...viewKey(key), key: secret })
}

/** Nobody gives a key more than they have. A missing project and a foreign one are told alike. */
async function projectOfNewKey(exchange: Exchange, given: string | undefined): Promise<Project> {
  const project = await findAdministered(exchange, given ?? projectOf(exchange))
  if (project !== undefined) return project
  throw invalidValue('project', 'There is no project with this id. GET /v1/projects lists them.')
}

/** `GET /v1/keys`: of all projects that the caller administers, or of one of them. */
export async function listKeys(exchange: Exchange): Promise<Response> {
  const project = new URL(exchange.request.url).searchParams.get('project')
  const of =
    project === null ? administeredProject(exchange) : (await requireAdministered(exchange, project)).id
  const keys = await exchange.shared.store.listKeys(of)
  return secretAnswer({ object: 'list', data: keys.map(viewKey) })
}

/** `POST /v1/keys/{id}/rotate`: a new key in the place of an old one, which goes on for a while. */
export async function rotateKey(exchange: Exchange): Promise<Response> {
  const { clock, store } = exchange.shared
  const { overlap = OVERLAP_SECONDS, ...expiry } = await readOptionalJson(exchange, keyRotateSchema, {})
  const old = await findKey(exchange)
  requireChangeable(old, 'rotated')
  const nowMs = clock.nowMs()
  const { projectId, name, scopes, profile } = old
  const made = { projectId, name, scopes, profile, expiresAtMs: expiryOf(expiry, nowMs) }
  const { key, secret } = newKey(exchange, made, nowMs)
  const outcome = await store.replaceKey({
    id: old.id,
    expiresAtMs: nowMs + overlap * 1_000,
    next: key,
    secretHash: hashOfKey(secret),
    countMax: KEYS_MAX,
  })
  if (outcome === 'missing') throw keyNotFound()
  if (outcome === 'full') throw keyLimitReached()
  const detail = { project: projectId, replacedBy: key.id, overlapSeconds: overlap }
  logAdministration(exchange, { action: 'key.rotated', target: old.id, detail })
  return secretAnswer({ ...viewKey(key), replaces: old.id, key: secret })
}

/** `DELETE /v1/keys/{id}`: requests with the key are refused from now on. */
export async function revokeKey(exchange: Exchange): Promise<Response> {
  const key = await findKey(exchange)
  requireChangeable(key, 'revoked')
  const { id } = key
  if (!(await exchange.shared.store.revokeKey(key.projectId, id))) throw keyNotFound()
  logAdministration(exchange, { action: 'key.revoked', target: id, detail: { project: key.projectId } })
  const body: ApiKeyDeleted = { id, object: 'api_key.deleted', deleted: true }
  return secretAnswer(body)
}

/** The key in the path, of a project that the caller administers. @throws ApiError `key_not_found` */
async function findKey(exchange: Exchange): Promise<ApiKey> {
  const id = exchange.context.req.param('id') ?? ''
  const key = await exchange.shared.store.findKeyById(administeredProject(exchange), id)
  if (key === undefined) throw keyNotFound()
  return key
}

/** @throws ApiError `bootstrap_key` */
function requireChangeable({ id }: ApiKey, change: string): void {
  if (id !== BOOTSTRAP_KEY) return
  const message =
    `The first key cannot be ${change} here. Set REELAY_API_KEY to a new one, or delete admin.key in the data ` +
    'directory, and start the gateway again.'
  throw new ApiError('bootstrap_key', message)
}

function keyLimitReached(): ApiError {
  const message =
    `A project has at most ${KEYS_MAX} live API keys. Revoke one that nobody uses: GET /v1/keys says when each was last ` +
    'used. At the limit, a rotation needs overlap 0.'
  return new ApiError('key_limit_reached', message)
}

const keyNotFound = (): ApiError =>
  new ApiError('key_not_found', 'There is no live API key with this id. GET /v1/keys lists them.')
