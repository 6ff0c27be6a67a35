import type { IncomingHttpHeaders, IncomingMessage, ServerResponse } from 'node:http'
import type { KeyedTask } from '../store/store.ts'
import { whenThere, type Awaitable } from '../system/awaitable.ts'
import { hashOfKey } from '../system/hash-of-key.ts'
import { commonHeaders, noteAccess, touchKey } from './access.ts'
import { bearerOf, hasScope } from './authenticate.ts'
import type { Shared } from './exchange.ts'
import { VIDEO_ID } from './find-video.ts'
import { requestIdOf } from './request-id.ts'
import { describeVideo, markSeen } from './retrieve-video.ts'

/** Answers a request if it is the one that it knows. False: nothing was done, let the router have it. */
export type QuickAnswer = (incoming: IncomingMessage, outgoing: ServerResponse) => Awaitable<boolean>

const PREFIX = '/v1/videos/'
const ROUTE = '/v1/videos/:id'
const IS_CONDITIONAL = ['prefer', 'if-none-match'] as const

/**
 * `GET /v1/videos/{id}` of an own task, straight on Node's request and response: polling is most of what a gateway hears,
 * and half of its cost is the way through Web requests and the router (ADR 0004). Anything out of the ordinary, every error
 * included, takes that way.
 */
export function createQuickAnswer(shared: Shared): QuickAnswer {
  return (incoming, outgoing) => {
    const { method, url = '', headers } = incoming
    if (method !== 'GET' || !url.startsWith(PREFIX)) return false
    const id = url.slice(PREFIX.length)
    if (!VIDEO_ID.test(id) || IS_CONDITIONAL.some((name) => headers[name] !== undefined)) return false
    const startMs = shared.clock.monotonicMs()
    return whenThere(find(shared, headers, id), (found) => {
      if (found === undefined) return false
      send(shared, found, { incoming, outgoing, startMs })
      return true
    })
  }
}

type Conversation = { incoming: IncomingMessage; outgoing: ServerResponse; startMs: number }

function send(shared: Shared, { key, task, answer }: Found, conversation: Conversation): void {
  const { incoming, outgoing, startMs } = conversation
  const { method = 'GET', url: path = '', headers } = incoming
  const given = headers['x-request-id']
  const requestId = requestIdOf(typeof given === 'string' ? given : null, shared.ids, shared.clock.nowMs())
  const body = JSON.stringify(answer.video)
  const length = Buffer.byteLength(body)
  outgoing.writeHead(200, {
    ...commonHeaders(shared, requestId),
    ...answer.headers,
    'content-type': 'application/json',
    'content-length': length,
  })
  // The same bytes where there is nothing but ASCII, and Node writes them in a shorter way.
  outgoing.end(body, length === body.length ? 'latin1' : 'utf8')
  touchKey(shared, key.id)
  markSeen(shared, task)
  noteAccess(shared, { requestId, method, path, route: ROUTE, status: 200, startMs, key })
}

type Found = KeyedTask & { answer: Awaited<ReturnType<typeof describeVideo>> }

/** What fails here fails again on the long way, where it becomes an answer. */
function find(shared: Shared, headers: IncomingHttpHeaders, id: string): Awaitable<Found | undefined> {
  const secret = bearerOf(headers.authorization ?? '')
  if (secret === undefined) return undefined
  try {
    const found = whenThere(shared.store.findKeyedTask(hashOfKey(secret), id), (keyed) =>
      keyed === undefined || !hasScope(keyed.key, 'read') ? undefined : describe(shared, headers, keyed),
    )
    return found instanceof Promise ? found.catch(() => undefined) : found
  } catch {
    return undefined
  }
}

function describe(
  shared: Shared,
  headers: IncomingHttpHeaders,
  { key, task }: KeyedTask,
): Awaitable<Found | undefined> {
  return whenThere(shared.rates.take(key.projectId, 'read'), (waitMs) => {
    if (waitMs > 0) return undefined
    const profile = headers['x-stainless-lang'] === undefined ? key.profile : 'openai'
    return whenThere(describeVideo(shared, task, profile), (answer) => ({ key, task, answer }))
  })
}
