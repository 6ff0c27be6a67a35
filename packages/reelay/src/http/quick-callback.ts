import type { IncomingMessage, ServerResponse } from 'node:http'
import { commonHeaders, noteAccess } from './access.ts'
import { asApiError, errorParts, type AnswerParts } from './error-answer.ts'
import type { Shared } from './exchange.ts'
import { gatherWithin, SMALL_BODY_PACE } from './read-body.ts'
import type { QuickAnswer } from './quick-answer.ts'
import { requestIdOf } from './request-id.ts'
import {
  addresseeOf,
  CALLBACK_BYTES_MAX,
  headersOfAnswer,
  takeCallback,
  type Addressee,
  type CallbackAddress,
} from './take-callback.ts'

const ROUTE = '/hooks/:provider/:token'
const ADDRESS = /^\/hooks\/([\w-]{1,64})\/([\w-]{43})$/

/**
 * `POST /hooks/{provider}/{token}` with a body that says how long it is, straight on Node's request and response: whoever calls
 * back waits, and the way through Web requests and the router makes most of the garbage of it. An address that is nobody's, and a
 * body that is too long, take that way, and so does what fails before the body is read.
 */
export function createQuickCallback(shared: Shared): QuickAnswer {
  return async (incoming, outgoing) => {
    const call = callOf(incoming)
    if (call === undefined) return false
    const startMs = shared.clock.monotonicMs()
    const addressee = await addresseeOf(shared, call.address).catch(() => undefined)
    if (addressee === undefined) return false
    await answer(shared, { ...call, addressee, incoming, outgoing, startMs })
    return true
  }
}

type Call = { address: CallbackAddress; path: string; host: string }

function callOf({ method, url = '', headers }: IncomingMessage): Call | undefined {
  if (method !== 'POST' || !url.startsWith('/hooks/')) return undefined
  const [path, provider, token] = ADDRESS.exec(url) ?? []
  const length = headers['content-length'] ?? ''
  if (path === undefined || provider === undefined || token === undefined) return undefined
  if (!/^\d{1,9}$/.test(length) || Number(length) > CALLBACK_BYTES_MAX || headers.host === undefined)
    return undefined
  return { address: { provider, token }, path, host: headers.host }
}

type Conversation = Call & {
  addressee: Addressee
  incoming: IncomingMessage
  outgoing: ServerResponse
  startMs: number
}

async function answer(shared: Shared, conversation: Conversation): Promise<void> {
  const { incoming, outgoing, path, startMs } = conversation
  const given = incoming.headers['x-request-id']
  const requestId = requestIdOf(typeof given === 'string' ? given : null, shared.ids, shared.clock.nowMs())
  const { status, headers, text } = await answerOf(shared, conversation, requestId)
  outgoing.writeHead(status, {
    ...commonHeaders(shared, requestId),
    ...headers,
    'content-length': Buffer.byteLength(text),
  })
  outgoing.end(text)
  noteAccess(shared, { requestId, method: 'POST', path, route: ROUTE, status, startMs, key: null })
}

async function answerOf(
  shared: Shared,
  { incoming, addressee, address, path, host }: Conversation,
  requestId: string,
): Promise<AnswerParts> {
  try {
    const body = await gatherWithin(incoming, shared.clock, SMALL_BODY_PACE.graceMs)
    const headers = Object.entries(incoming.headersDistinct).map(([name, values = []]): [string, string] => [
      name,
      values.join(', '),
    ])
    const url = `http://${host}${path}`
    const taken = await takeCallback(shared, addressee, { address, url, headers, body })
    return { status: 200, headers: headersOfAnswer(taken), text: taken.text }
  } catch (error) {
    const known = asApiError(error, requestId)
    if (known.status >= 500) shared.log.error({ err: error, request: requestId }, 'a request failed')
    return errorParts(known)
  }
}
