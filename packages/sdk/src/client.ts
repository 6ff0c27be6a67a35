import { atLeastZero } from './at-least-zero.ts'
import { parseBaseUrl } from './base-url.ts'
import { systemClock, type Clock } from './clock.ts'
import type { CreateEncoding } from './create-body.ts'
import { createDeliveriesClient, type DeliveriesClient } from './deliveries-client.ts'
import { createEndpointsClient, type EndpointsClient } from './endpoints-client.ts'
import { ReelayError } from './errors.ts'
import { recordOf, textOf } from './json.ts'
import { createKeysClient, type KeysClient } from './keys-client.ts'
import { createModelsClient, type ModelsClient } from './models-client.ts'
import { createProjectSecretsClient, type ProjectSecretsClient } from './project-secrets-client.ts'
import { createProjectsClient, type ProjectsClient } from './projects-client.ts'
import { createTransport, type Transport } from './transport.ts'
import { createVideosClient, type CallOptions, type VideosClient } from './videos-client.ts'
import type { Health } from './wire.ts'

export type ClientOptions = {
  /** Root of the server, with or without a trailing `/v1`, for instance `http://127.0.0.1:7373`. */
  baseURL: string
  /** Sent as a Bearer token, to the base URL only. Leave it out for a server that needs none. */
  apiKey?: string | undefined
  /** The platform's by default. */
  fetch?: typeof fetch | undefined
  /** How often a failed request is repeated; 2 by default. Waiting has its own rule. */
  maxRetries?: number | undefined
  /**
   * Until a whole answer is there, or the next bytes of a download, in milliseconds. 60000 by default, and
   * 600000 for a create with files; `Infinity` for no limit.
   */
  timeoutMs?: number | undefined
  /**
   * Whether the server honours `Idempotency-Key` on create, so that a create whose outcome is in doubt may be
   * repeated without a second bill. Reelay gateways do. By default it is true once any answer of this server
   * carried the header `reelay-version`, and false until then.
   */
  idempotentCreate?: boolean | undefined
  /** `auto` (JSON unless a file is given) by default. `multipart` suits servers that read nothing else. */
  createEncoding?: CreateEncoding | undefined
  /** Time, for tests. */
  clock?: Clock | undefined
  /** A number in [0, 1), for jitter. */
  random?: (() => number) | undefined
  /** Makes the Idempotency-Key of a create that was given none. */
  newIdempotencyKey?: (() => string) | undefined
}

export interface ReelayClient {
  readonly videos: VideosClient
  readonly models: ModelsClient
  readonly keys: KeysClient
  readonly projects: ProjectsClient & ProjectSecretsClient
  readonly endpoints: EndpointsClient
  readonly deliveries: DeliveriesClient
  /** Resolves when the server answers that it is well. */
  health(options?: CallOptions): Promise<Health>
}

const RETRIES_MAX_DEFAULT = 2
const TIMEOUT_MS_DEFAULT = 60_000
const UPLOAD_TIMEOUT_MS_DEFAULT = 600_000

/**
 * A client for a Reelay gateway, or another server that speaks `POST /v1/videos`.
 * @throws ReelayError `invalid_argument`
 */
export function createClient(options: ClientOptions): ReelayClient {
  const transport = createTransport({
    baseUrl: parseBaseUrl(options.baseURL),
    apiKey: parseApiKey(options.apiKey),
    // Looked up at each call: browsers want it called as a global, and programs replace it.
    fetch: options.fetch ?? ((input, init) => globalThis.fetch(input, init)),
    clock: options.clock ?? systemClock,
    random: options.random ?? Math.random,
    retriesMax: atLeastZero('maxRetries', options.maxRetries ?? RETRIES_MAX_DEFAULT),
    timeoutMs: atLeastZero('timeoutMs', options.timeoutMs ?? TIMEOUT_MS_DEFAULT),
  })
  return {
    videos: createVideosClient(transport, {
      encoding: options.createEncoding ?? 'auto',
      idempotentCreate: options.idempotentCreate ?? null,
      newIdempotencyKey: options.newIdempotencyKey ?? randomKey,
      uploadTimeoutMs: options.timeoutMs ?? UPLOAD_TIMEOUT_MS_DEFAULT,
    }),
    models: createModelsClient(transport),
    keys: createKeysClient(transport),
    projects: { ...createProjectsClient(transport), ...createProjectSecretsClient(transport) },
    endpoints: createEndpointsClient(transport),
    deliveries: createDeliveriesClient(transport),
    health: ({ signal } = {}) => health(transport, signal),
  }
}

async function health(transport: Transport, signal: AbortSignal | undefined): Promise<Health> {
  const { body, headers } = await transport.request({ method: 'GET', path: '/healthz', signal })
  const said = recordOf(body)
  return {
    status: textOf(said['status']) ?? 'ok',
    version: textOf(said['version']) ?? headers.get('reelay-version'),
  }
}

// Checked here, because the platform's own message for an illegal header value quotes the secret.
function parseApiKey(text: string | undefined): string | null {
  const key = text?.trim() ?? ''
  if (key === '') return null
  if (/^[\x21-\x7e]+$/.test(key)) return key
  throw new ReelayError(
    'invalid_argument',
    'apiKey contains a space or a character that a header cannot carry',
  )
}

// Not crypto.randomUUID: browsers offer it in secure contexts only.
function randomKey(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(16))
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('')
}
