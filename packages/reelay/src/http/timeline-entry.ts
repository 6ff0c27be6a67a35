import type { TimelineEntry as WireEntry } from '@reelay/sdk'
import type { TimelineEntry } from '../store/store.ts'
import { providerNameOf } from '../task/provider-name.ts'

/** A line of a timeline as clients see it. */
export function timelineEntry({ seq, atMs, kind, data = {} }: TimelineEntry): WireEntry {
  return { seq, at: atMs / 1_000, type: kind, data: withoutAccount(data) }
}

/** Which of several accounts of a provider took a task is the operator's business: clients learn the provider only. */
function withoutAccount({ account, ...details }: Readonly<Record<string, unknown>>): Record<string, unknown> {
  return typeof account === 'string' ? { ...details, provider: providerNameOf(account) } : details
}
