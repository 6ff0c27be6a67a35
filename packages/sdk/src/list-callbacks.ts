import { jsonCall, listOf } from './json-call.ts'
import { isRecord, numberOf, recordOf, textOf, type JsonRecord } from './json.ts'
import { videoPath } from './retrieve-video.ts'
import type { Transport } from './transport.ts'
import type { CallbackPage, ProviderCallback } from './webhook-wire.ts'

export type CallbackPageOptions = {
  /** Callbacks per page, 1..20; the server's default is 10. */
  limit?: number | undefined
  /** Start behind this id: the `last_id` of the page before. */
  after?: string | undefined
  signal?: AbortSignal | undefined
}

const VERDICTS: readonly ProviderCallback['verdict'][] = ['trusted', 'unsigned', 'forged']

export async function listCallbacks(
  transport: Transport,
  id: string,
  { limit, after, signal }: CallbackPageOptions,
): Promise<CallbackPage> {
  const call = jsonCall('GET', videoPath(id, '/callbacks'), { signal })
  const answer = await transport.request({ ...call, query: { limit, after } })
  const data = listOf(answer, readCallback, 'a list of callbacks')
  const body = recordOf(answer.body)
  return {
    object: 'list',
    data,
    first_id: textOf(body['first_id']) ?? data.at(0)?.id ?? null,
    last_id: textOf(body['last_id']) ?? data.at(-1)?.id ?? null,
    has_more: body['has_more'] === true,
  }
}

/** Null for what is no callback. */
function readCallback(value: JsonRecord): ProviderCallback | null {
  const id = textOf(value['id'])
  const verdict = VERDICTS.find((known) => known === value['verdict'])
  if (id === null || verdict === undefined) return null
  const headers = isRecord(value['headers']) ? Object.entries(value['headers']) : []
  return {
    id,
    object: 'provider_callback',
    provider: textOf(value['provider']) ?? '',
    attempt: numberOf(value['attempt']) ?? 0,
    received_at: numberOf(value['received_at']) ?? 0,
    verdict,
    headers: Object.fromEntries(headers.map(([name, content]) => [name, String(content)])),
    bytes: numberOf(value['bytes']) ?? 0,
    encoding: value['encoding'] === 'base64' ? 'base64' : 'utf-8',
    body: textOf(value['body']) ?? '',
  }
}
