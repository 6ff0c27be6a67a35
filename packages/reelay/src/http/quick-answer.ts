import type { IncomingHttpHeaders, IncomingMessage, ServerResponse } from 'node:http'
import type { ApiKey } from '../store/store.ts'
import type { Task } from '../task/task.ts'
import { commonHeaders, logAccess, touchKey } from './access.ts'
import { findKeyOf, hasScope } from './authenticate.ts'
import type { Shared } from './exchange.ts'
import { VIDEO_ID } from './find-video.ts'
import { requestIdOf } from './request-id.ts'
import { describeVideo, markSeen } from './retrieve-video.ts'

/** Answers a request if it is the one that it knows. False: nothing was done, let the router have it. */
export type QuickAnswer = (incoming: IncomingMessage, outgoing: ServerResponse) => boolean

const PREFIX = '/v1/videos/'
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
    const found = find(shared, headers, id)
    if (found === undefined) return false
    const { key, task, answer } = found
    const given = headers['x-request-id']
    const requestId = requestIdOf(typeof given === 'string' ? given : null, shared.ids, shared.clock.nowMs())
    const body = JSON.stringify(answer.video)
    outgoing.writeHead(200, {
      ...commonHeaders(shared, requestId),
      ...answer.headers,
      'content-type': 'application/json',
      'content-length': Buffer.byteLength(body),
    })
    outgoing.end(body)
    touchKey(shared, key.id)
    markSeen(shared, task)
    logAccess(shared, { requestId, method, path: url, status: 200, startMs, key })
    return true
  }
}

type Found = { key: ApiKey; task: Task; answer: ReturnType<typeof describeVideo> }

/** What fails here fails again on the long way, where it becomes an answer. */
function find(shared: Shared, headers: IncomingHttpHeaders, id: string): Found | undefined {
  try {
    const key = findKeyOf(headers.authorization ?? null, shared.store)
    if (key === undefined || !hasScope(key, 'read')) return undefined
    const task = shared.store.findTask(key.projectId, id)
    if (task === undefined || shared.rates.take(key.projectId, 'read') > 0) return undefined
    const profile = headers['x-stainless-lang'] === undefined ? key.profile : 'openai'
    return { key, task, answer: describeVideo(shared, task, profile) }
  } catch {
    return undefined
  }
}
