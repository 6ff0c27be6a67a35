import type { CallbackPage, ProviderCallback } from '@reelay/sdk'
import type { KeptCallback } from '../store/store.ts'
import { invalidValue } from './api-error.ts'
import { jsonAnswer, type Exchange } from './exchange.ts'
import { findVideo } from './find-video.ts'

const LIMIT_DEFAULT = 10
const LIMIT_MAX = 20
const PAGE_BYTES_MAX = 4 * 1024 * 1024
const ID_CHARACTERS_MAX = 300

/** `GET /v1/videos/{id}/callbacks`: what its provider sent about one of the caller's own videos, as it came. */
export async function listVideoCallbacks(exchange: Exchange): Promise<Response> {
  const { id: taskId } = await findVideo(exchange)
  const query = new URL(exchange.request.url).searchParams
  const after = query.get('after')
  const limit = limitOf(query.get('limit'))
  const bytesMax = PAGE_BYTES_MAX
  const isId = (after ?? '').length <= ID_CHARACTERS_MAX
  const page = isId
    ? await exchange.shared.store.listCallbacks({ taskId, limit, bytesMax, after })
    : undefined
  if (page === undefined)
    throw invalidValue('after', 'after must be the id of a callback: use last_id of the page before.')
  const data = page.callbacks.map(callbackObject)
  const body: CallbackPage = {
    object: 'list',
    data,
    first_id: data.at(0)?.id ?? null,
    last_id: data.at(-1)?.id ?? null,
    has_more: page.hasMore,
  }
  return jsonAnswer(body)
}

function callbackObject(callback: KeptCallback): ProviderCallback {
  const { id, attempt, provider, headers, verdict, receivedAtMs } = callback
  const text = textOf(callback.body)
  return {
    id,
    object: 'provider_callback',
    provider,
    attempt,
    received_at: receivedAtMs / 1_000,
    verdict,
    headers: { ...headers },
    bytes: callback.body.byteLength,
    encoding: text === null ? 'base64' : 'utf-8',
    body: text ?? Buffer.from(callback.body).toString('base64'),
  }
}

const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })

/** Null for what is not UTF-8 to the last byte. */
function textOf(body: Uint8Array): string | null {
  try {
    return decoder.decode(body)
  } catch {
    return null
  }
}

function limitOf(text: string | null): number {
  if (text === null) return LIMIT_DEFAULT
  const limit = /^\d{1,2}$/.test(text) ? Number(text) : 0
  if (limit >= 1 && limit <= LIMIT_MAX) return limit
  throw invalidValue('limit', `limit must be a whole number from 1 to ${LIMIT_MAX}.`)
}
