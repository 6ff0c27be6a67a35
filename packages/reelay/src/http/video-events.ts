import type { TimelineEntry } from '@reelay/sdk'
import { providerNameOf } from '../task/provider-name.ts'
import { jsonAnswer, type Exchange } from './exchange.ts'
import { findVideo } from './find-video.ts'

/** `GET /v1/videos/{id}/events`: everything that happened to one of the caller's own videos, the oldest first. */
export async function listVideoEvents(exchange: Exchange): Promise<Response> {
  const task = findVideo(exchange)
  const entries = await exchange.shared.store.timeline(task.id)
  const data = entries.map((entry): TimelineEntry => {
    const { seq, atMs, kind, data: details = {} } = entry
    return { seq, at: atMs / 1_000, type: kind, data: withoutAccount(details) }
  })
  return jsonAnswer({ object: 'list', data })
}

/** Which of several accounts of a provider took a task is the operator's business: clients learn the provider only. */
function withoutAccount({ account, ...details }: Readonly<Record<string, unknown>>): Record<string, unknown> {
  return typeof account === 'string' ? { ...details, provider: providerNameOf(account) } : details
}
