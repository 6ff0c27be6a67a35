import { numberOf, textOf, textsOf, type JsonRecord } from './json.ts'
import type { ApiKey } from './wire.ts'

/** Null for what has no id. Servers of an older version send less. */
export function readKey(value: JsonRecord): ApiKey | null {
  const id = textOf(value['id'])
  if (id === null) return null
  const secret = textOf(value['key'])
  const replaces = textOf(value['replaces'])
  return {
    id,
    object: 'api_key',
    name: textOf(value['name']) ?? '',
    project: textOf(value['project']) ?? '',
    scopes: textsOf(value['scopes']),
    profile: textOf(value['profile']),
    created_at: numberOf(value['created_at']) ?? 0,
    last_used_at: numberOf(value['last_used_at']),
    expires_at: numberOf(value['expires_at']),
    ...(replaces === null ? {} : { replaces }),
    ...(secret === null ? {} : { key: secret }),
  }
}
