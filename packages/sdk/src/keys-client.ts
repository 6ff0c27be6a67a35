import { jsonCall, listOf, objectOf } from './json-call.ts'
import { pathOfId } from './path-of-id.ts'
import { readKey } from './read-key.ts'
import { recordOf } from './json.ts'
import type { Transport } from './transport.ts'
import type { ApiKey, ApiKeyDeleted } from './wire.ts'

/** API keys of a Reelay gateway; the client's own key needs the admin scope, and administers its own project only. */
export interface KeysClient {
  /** The secret is in `key` of the answer, and is never shown again. */
  create(params: KeyCreateParams, options?: KeyOptions): Promise<ApiKey>
  list(options?: KeyOptions): Promise<ApiKey[]>
  /**
   * Makes a key that may do the same, with its secret in `key`. The old one, whose id is in `replaces`, goes on for the
   * overlap.
   */
  rotate(id: string, params?: KeyRotateParams, options?: KeyOptions): Promise<ApiKey>
  /** Requests with this key are refused from now on. */
  revoke(id: string, options?: KeyOptions): Promise<ApiKeyDeleted>
}

/** When a new key ends: one of the two, or never. From one minute to ten years away. */
export type KeyExpiry = {
  expiresInSeconds?: number | undefined
  /** A number is unix seconds. */
  expiresAt?: Date | number | undefined
}

export type KeyCreateParams = KeyExpiry & {
  name: string
  /** Default: the caller's own. */
  project?: string | undefined
  /** `create`, `read`, `content`, `admin`. Default: the first three. */
  scopes?: readonly string[] | undefined
  /** Which statuses its users know. Default: the gateway's. */
  profile?: 'comet' | 'openai' | undefined
}

export type KeyRotateParams = KeyExpiry & {
  /** How long the old key goes on, in seconds: 0 to 2592000; a day by default. */
  overlapSeconds?: number | undefined
}

export type KeyOptions = { signal?: AbortSignal | undefined }

const KEYS = '/v1/keys'
const WANTED = 'an API key'

export function createKeysClient(transport: Transport): KeysClient {
  const ask = async (...call: Parameters<typeof jsonCall>): Promise<ApiKey> =>
    objectOf(await transport.request(jsonCall(...call)), readKey, WANTED)
  return {
    create: ({ expiresInSeconds, expiresAt, ...params }, { signal } = {}) =>
      ask('POST', KEYS, { body: { ...params, ...expiryBody({ expiresInSeconds, expiresAt }) }, signal }),
    list: async (options = {}) =>
      listOf(await transport.request(jsonCall('GET', KEYS, options)), readKey, 'a list of API keys'),
    rotate: async (id, { overlapSeconds, ...expiry } = {}, { signal } = {}) => {
      const body = { overlap: overlapSeconds, ...expiryBody(expiry) }
      return ask('POST', pathOfId(KEYS, id, '/rotate'), { body, signal })
    },
    revoke: async (id, { signal } = {}) => {
      const { body } = await transport.request(jsonCall('DELETE', pathOfId(KEYS, id), { signal }))
      return { id, object: 'api_key.deleted', deleted: recordOf(body)['deleted'] !== false }
    },
  }
}

const expiryBody = ({ expiresInSeconds, expiresAt }: KeyExpiry): Record<string, number | undefined> => ({
  expires_in: expiresInSeconds,
  expires_at: expiresAt instanceof Date ? Math.floor(expiresAt.getTime() / 1_000) : expiresAt,
})
