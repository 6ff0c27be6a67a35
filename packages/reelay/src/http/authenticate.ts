import type { ApiKey, KeyScope, Store } from '../store/store.ts'
import { hashOfKey } from '../system/hash-of-key.ts'
import { ApiError } from './api-error.ts'

const BEARER = /^bearer +(\S{1,512}) *$/i

/** The live key that an Authorization header names. */
export function findKeyOf(authorization: string | null, store: Store): ApiKey | undefined {
  const secret = authorization === null ? undefined : BEARER.exec(authorization)?.[1]
  const key = secret === undefined ? undefined : store.findKey(hashOfKey(secret))
  return key?.revokedAtMs === null ? key : undefined
}

function secretOf(headers: Headers, azureAlias: boolean): string | undefined {
  const authorization = headers.get('authorization')
  if (authorization !== null) return BEARER.exec(authorization)?.[1]
  if (!azureAlias) return undefined
  return headers.get('api-key') ?? headers.get('x-api-key') ?? undefined
}

/**
 * The key of a request.
 * @throws ApiError `invalid_api_key`
 */
export function authenticate(headers: Headers, store: Store, options: { azureAlias: boolean }): ApiKey {
  const secret = secretOf(headers, options.azureAlias)
  const key = secret === undefined ? undefined : store.findKey(hashOfKey(secret))
  if (key !== undefined && key.revokedAtMs === null) return key
  const message =
    secret === undefined
      ? 'Send your API key as "Authorization: Bearer <key>".'
      : 'This API key is not known here, or it was revoked. Check the key and the address.'
  throw new ApiError('invalid_api_key', message, { headers: { 'www-authenticate': 'Bearer realm="reelay"' } })
}

/** The admin scope includes the others. */
export const hasScope = (key: ApiKey, scope: KeyScope): boolean =>
  key.scopes.includes(scope) || key.scopes.includes('admin')

/** @throws ApiError `insufficient_scope` */
export function requireScope(key: ApiKey, scope: KeyScope): void {
  if (hasScope(key, scope)) return
  throw new ApiError(
    'insufficient_scope',
    `This API key lacks the scope "${scope}". Use a key that has it.`,
    {
      headers: { 'www-authenticate': `Bearer realm="reelay", error="insufficient_scope", scope="${scope}"` },
    },
  )
}
