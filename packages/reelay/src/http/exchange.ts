import type { Context } from 'hono'
import type { ApiKey, KeyScope, WishOrigin } from '../store/store.ts'
import type { StatusProfile } from '../task/wire-status.ts'
import type { ChangeHub } from './change-hub.ts'
import type { HttpDeps } from './deps.ts'
import type { FailureLimiter } from './limit-failures.ts'
import type { OpenStreams } from './open-streams.ts'
import type { RateLimiter } from './rate-limiter.ts'

/** What the handlers share within one process. */
export type Shared = HttpDeps & {
  changes: ChangeHub
  streams: OpenStreams
  rates: RateLimiter
  failures: FailureLimiter
  /** Idempotency keys whose request is being read right now. */
  uploading: Set<string>
  /** Young tasks that this process has already marked as seen. */
  retrieved: Set<string>
}

/** The part of Node's response that tells when an answer has left. Present on a Node server only. */
export type Outgoing = { once(event: 'finish', listener: () => void): unknown }

/** The part of Node's request that tells who is connected. */
export type Incoming = { readonly socket: { readonly remoteAddress?: string | undefined } }

export type HttpBindings = { outgoing?: Outgoing; incoming?: Incoming }

export type HttpEnv = { Bindings: HttpBindings }

export type HttpContext = Context<HttpEnv>

/** One request on its way through a handler. */
export type Exchange = {
  shared: Shared
  context: HttpContext
  request: Request
  requestId: string
  /** When it began to arrive. */
  startedAtMs: number
  /** Null only where the route needs no key. */
  key: ApiKey | null
}

export type Handler = (exchange: Exchange) => Response | Promise<Response>

/** What a route asks of the key: a scope; `gateway` for the admin scope of the default project; `open` for no key. */
export type Access = KeyScope | 'gateway' | 'open'

export const projectOf = (exchange: Exchange): string => {
  if (exchange.key === null) throw new Error(`${exchange.context.req.path} is served without a key`)
  return exchange.key.projectId
}

/** Whose wish a request is, for the timeline. */
export function wishOriginOf({ context, key, requestId }: Exchange): WishOrigin {
  if (key === null) throw new Error(`${context.req.path} is served without a key`)
  return { keyId: key.id, requestId }
}

/**
 * The statuses that this caller knows. Clients generated like OpenAI's introduce themselves, and wait for ever on a
 * status they have not heard of.
 */
export const profileOf = (exchange: Exchange): StatusProfile =>
  exchange.request.headers.has('x-stainless-lang')
    ? 'openai'
    : (exchange.key?.profile ?? exchange.shared.settings.profile)

/** Answers whose content depends on the key and on the kind of client. */
export const VARY = 'authorization, cookie, x-stainless-lang'

export function jsonAnswer(
  body: unknown,
  headers: Readonly<Record<string, string>> = {},
  status = 200,
): Response {
  return new Response(JSON.stringify(body), {
    status,
    headers: { 'content-type': 'application/json', 'cache-control': 'private, no-cache', ...headers },
  })
}
