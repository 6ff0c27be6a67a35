/**
 * What a prompt can say, as `[up:name]` or `[up:name=value]`. A `*3` behind a step or a fault repeats it, a bare `*` does so
 * for ever; a fault's name may end in `-after-accept`.
 */
export const MARKERS = {
  steps: '`queued,running:30,running:45%,running:-,missing,bare,!503,done`: one per poll, the last one stays',
  status: 'The same with raw status words: `SUBMITTED,IN_PROGRESS:20,SUCCESS`',
  ms: 'Steps follow the clock, one each so many milliseconds',
  render: 'The task takes this long, by the clock: `12s`, `500ms`, `2m`',
  failed: 'The end is a failure with this message',
  'failed-code': "The failure's code, and the code of a status fault and of `200error`",
  error: 'The end is the status `error`, with this message',
  unknown: 'This word comes after the first step: `warming`, `warming*3`',
  progress: 'What the running steps print: `45%,30,-`, where `-` leaves it out',
  missing: 'So many first polls do not know the task; `*` for ever',
  flapping: 'So many times a poll that knows the task is followed by one that does not',
  bare: 'So many first polls only name the task',
  poll: 'Faults of the first polls, before all else',
  create: 'Faults of the creates with this prompt',
  'create-twice': 'The create makes two jobs, and its answer names the first',
  look: 'Faults of the second step to a result',
  content: 'Faults of the bytes, and of the link unless it has its own',
  link: 'Faults of the link alone',
  delete: 'Faults of a delete',
  cancel: 'Faults of a cancel',
  'cancel-ignored': 'A cancel is answered as ever and has no effect',
  'retry-after': 'The `Retry-After` of a status fault, as it is, or `date:7` for a date in 7 seconds',
  'no-url': 'Done, without a link',
  'no-status': 'Done, without a status word, where the provider leaves it out at times',
  url: 'Done, with this link',
  'link-ttl': 'The link dies so many milliseconds after it was given',
  'link-origin': '`own` or `other`: which of the two ports the link leads to',
  clip: 'The result is an `mp4`, `mov` or `webm`',
  idempotent:
    'A create with a client token that is known repeats its task, where the dialect leaves that open',
  callback: 'What goes wrong with callbacks: `lost`, `duplicated*3`, `late:500,forged`, …',
  'state-key': 'black-forest-labs: looks say `state` instead of `status`',
  wrapper: 'comet: polls in the wrapper of the older task object',
  upper: 'comet: upper-case statuses',
  created_ms: 'Creation times in milliseconds, where the dialect prints seconds',
  'request-id': 'The create answers `{request_id}` only',
  model: 'The model that is echoed instead of the one that was asked for; may be empty',
  seconds: 'The length that is echoed instead of the one that was asked for; may be empty',
} as const

export type MarkerName = keyof typeof MARKERS

export type Markers = ReadonlyMap<MarkerName, string>

const MARKER = /\[up:(?<name>[a-z0-9_-]+)(?:=(?<value>[^\]]*))?\]/giu

function isMarker(name: string): name is MarkerName {
  return Object.hasOwn(MARKERS, name)
}

/** Reads every marker; one in a later text wins. Throws on a name that it does not know. */
export function markersOf(texts: readonly string[]): Markers {
  const markers = new Map<MarkerName, string>()
  for (const match of texts.join('\n').matchAll(MARKER)) {
    const written = (match.groups?.['name'] ?? '').toLowerCase()
    if (!isMarker(written)) {
      throw new Error(`Unknown marker [up:${written}]: use one of ${Object.keys(MARKERS).join(', ')}.`)
    }
    markers.set(written, match.groups?.['value'] ?? '')
  }
  return markers
}

/** A marker's whole number: 0 without the marker, 1 without a value, `*` for ever. Throws on anything else. */
export function countOf(markers: Markers, name: MarkerName): number {
  const text = markers.get(name)
  if (text === undefined) return 0
  if (text === '*') return Number.POSITIVE_INFINITY
  const count = Number(text === '' ? '1' : text)
  if (Number.isInteger(count) && count >= 0) return count
  throw new Error(`[up:${name}=${text}] wants a whole number, or * for ever.`)
}

const UNIT_MS: Readonly<Record<string, number>> = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000 }

/** A marker's duration, `12s` or a bare number of milliseconds; null without the marker. Throws on anything else. */
export function durationOf(markers: Markers, name: MarkerName): number | null {
  const text = markers.get(name)
  if (text === undefined) return null
  const match = /^(?<count>\d+(?:\.\d+)?)(?<unit>ms|s|m|h)?$/u.exec(text.trim())
  if (match === null) throw new Error(`[up:${name}=${text}] wants a duration, such as 500ms, 12s or 2m.`)
  return Number(match.groups?.['count']) * (UNIT_MS[match.groups?.['unit'] ?? 'ms'] ?? 1)
}
