import type { TimelineEntry } from '@reelay/sdk'

/** The timeline with one more entry, in its order. A stream that comes back tells some again. */
export function mergeEntry(entries: readonly TimelineEntry[], added: TimelineEntry): TimelineEntry[] {
  if (entries.some(({ seq }) => seq === added.seq)) return [...entries]
  return [...entries, added].toSorted((a, b) => a.seq - b.seq)
}
