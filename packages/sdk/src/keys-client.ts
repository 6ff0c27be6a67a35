import { unexpectedAnswer, type Answer } from './answer.ts'
import { mayRepeatUnsafe } from './create-video.ts'
import { ReelayError } from './errors.ts'
import { isRecord, numberOf, recordOf, textOf, type JsonRecord } from './json.ts'
import type { Transport } from './transport.ts'
import type { ApiKey, ApiKeyDeleted } from './wire.ts'

/** API keys of a Reelay gateway; the client's own key needs the admin scope. */
export interface KeysClient {
  /** The secret is in `key` of the answer, and is never shown again. */
  create(params: KeyCreateParams, options?: KeyOptions): Promise<ApiKey>
  list(options?: KeyOptions): Promise<ApiKey[]>
  /** Requests with this key are refused from now on. */
  revoke(id: string, options?: KeyOptions): Promise<ApiKeyDeleted>
}

export type KeyCreateParams = {
  name: string
  /** Default: the caller's own. */
  project?: string | undefined
  /** `create`, `read`, `content`, `admin`. Default: the first three. */
  scopes?: readonly string[] | undefined
}

export type KeyOptions = { signal?: AbortSignal | undefined }

const ACCEPT = { accept: 'application/json' }

export function createKeysClient(transport: Transport): KeysClient {
  return {
    create: async (params, { signal } = {}) => {
      const answer = await transport.request({
        method: 'POST',
        path: '/v1/keys',
        headers: ACCEPT,
        body: () => ({ content: JSON.stringify(params), contentType: 'application/json' }),
        signal,
        mayRetry: mayRepeatUnsafe,
      })
      return keyOf(recordOf(answer.body)) ?? fail(answer, 'an API key')
    },
    list: async ({ signal } = {}) => {
      const answer = await transport.request({ method: 'GET', path: '/v1/keys', headers: ACCEPT, signal })
      const data = recordOf(answer.body)['data']
      if (!Array.isArray(data)) return fail(answer, 'a list of API keys')
      const entries: readonly unknown[] = data
      return entries.flatMap((entry) => (isRecord(entry) ? (keyOf(entry) ?? []) : []))
    },
    revoke: async (id, { signal } = {}) => {
      const { body } = await transport.request({
        method: 'DELETE',
        path: keyPath(id),
        headers: ACCEPT,
        signal,
      })
      return { id, object: 'api_key.deleted', deleted: recordOf(body)['deleted'] !== false }
    },
  }
}

function fail(answer: Answer, wanted: string): never {
  throw unexpectedAnswer(answer, wanted)
}

function keyPath(id: string): string {
  if (typeof id !== 'string' || id === '' || id === '.' || id === '..') {
    throw new ReelayError('invalid_argument', 'The key id is empty: pass the id from keys.list()', {
      param: 'id',
    })
  }
  return `/v1/keys/${encodeURIComponent(id)}`
}

function keyOf(value: JsonRecord): ApiKey | null {
  const id = textOf(value['id'])
  if (id === null) return null
  const key: ApiKey = {
    id,
    object: 'api_key',
    name: textOf(value['name']) ?? '',
    project: textOf(value['project']) ?? '',
    created_at: numberOf(value['created_at']) ?? 0,
    last_used_at: numberOf(value['last_used_at']),
  }
  const secret = textOf(value['key'])
  return secret === null ? key : { ...key, key: secret }
}
