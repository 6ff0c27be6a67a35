import type { TimelineEntry } from '@reelay/sdk'
import { formatBytes } from '../../format.ts'

/** What an entry of the timeline says, for people. */
export type EntryWords = { title: string; detail: string | null }

const TITLES: Readonly<Record<string, string>> = {
  'task.created': 'Accepted and stored',
  'task.adopted': 'Adopted: the job was made elsewhere',
  'task.cancel_requested': 'Cancel was asked for',
  'task.deleted': 'Deleted',
  'task.files_expired': 'Its files were removed: they had expired',
  'submit.started': 'Submitting',
  'submit.accepted': 'The provider accepted it',
  'submit.rejected': 'The provider refused it',
  'submit.not_sent': 'Not sent: it goes back into the queue',
  'submit.unknown': 'The answer was lost: it is looked for, and never sent again',
  'submit.found': 'Found at the provider',
  'poll.progress': 'The provider reports progress',
  'poll.unrecognised': 'The provider reports a status that is not known',
  'poll.missing': 'The provider does not find the job',
  'poll.faulted': 'A look at the job failed: it is repeated',
  'cancel.sent': 'Cancelled at the provider',
  'cancel.unsupported': 'The provider cannot cancel',
  'archive.faulted': 'A download failed: it is repeated',
  'archive.stored': 'The file is stored, checked and hashed',
  'account.fallback': 'On to the next model',
  'upstream.orphan': 'Another job was found at the provider',
  'upstream.adopted': 'A video was made of that job',
  'callback.received': 'The provider called back',
  'webhook.delivered': 'Webhook delivered',
  'webhook.failed': 'Webhook failed: it is sent again',
  'webhook.exhausted': 'Webhook given up',
  'webhook.cancelled': 'Webhook cancelled',
}

export function entryWords({ type, data }: TimelineEntry): EntryWords {
  if (type === 'task.state') return { title: `${textOf(data['from'])} → ${textOf(data['to'])}`, detail: null }
  if (type === 'poll.progress') {
    const detail = data['waiting'] === true ? 'it waits' : `${textOf(data['progress'])} %`
    return { title: TITLES[type] ?? type, detail }
  }
  if (type === 'archive.stored' && typeof data['bytes'] === 'number')
    return { title: TITLES[type] ?? type, detail: formatBytes(data['bytes']) }
  const details = Object.entries(data).map(
    ([name, value]) => `${name.replaceAll('_', ' ')}: ${textOf(value)}`,
  )
  return { title: TITLES[type] ?? type, detail: details.length === 0 ? null : details.join(', ') }
}

const textOf = (value: unknown): string => (typeof value === 'string' ? value : JSON.stringify(value))
