import type { TimelineEntry, WebhookDelivery } from '@reelay/sdk'
import { entryWords } from './entry-words.ts'

/** What a colour of the picture means. */
export type Tone = 'waiting' | 'busy' | 'accent' | 'good' | 'bad'

/** A stretch of time; places are percent of the whole. */
export type Span = { left: number; width: number; tone: Tone; label: string }

/** One moment. */
export type Mark = { left: number; tone: Tone; label: string }

export type Lane = { label: string; spans: readonly Span[]; marks: readonly Mark[] }

export type TimelineLayout = {
  /** Unix seconds. */
  start: number
  seconds: number
  lanes: readonly Lane[]
  ticks: readonly { left: number; seconds: number }[]
}

export type TimelineSource = {
  entries: readonly TimelineEntry[]
  deliveries: readonly WebhookDelivery[]
  /** Unix seconds: where a picture of something that is under way ends. */
  now: number
}

const STATE_TONES: Readonly<Record<string, Tone>> = {
  queued: 'waiting',
  submitting: 'waiting',
  unknown: 'bad',
  running: 'busy',
  archiving: 'accent',
}

const ENDINGS: Readonly<Record<string, Tone>> = { completed: 'good', failed: 'bad', error: 'bad' }

type LaneRule = { label: string; prefixes: readonly string[] }

const LANES: readonly LaneRule[] = [
  { label: 'Submission', prefixes: ['submit.', 'account.', 'cancel.', 'task.cancel_requested'] },
  { label: 'Looks', prefixes: ['poll.', 'upstream.'] },
  { label: 'Callbacks', prefixes: ['callback.'] },
  { label: 'Archive', prefixes: ['archive.', 'task.files_expired'] },
]

const GOOD = /stored|delivered/
const BAD = /rejected|unknown|faulted|missing|unrecognised|exhausted|orphan|unsupported|failed/
const SECONDS_MIN = 0.05
/** Free room at the right, for what came after the end. */
const MARGIN = 1.06
const TICKS_MAX = 6
const TICK_LEFT_MAX = 96

/** Where everything is drawn; undefined without entries. */
export function layoutTimeline({ entries, deliveries, now }: TimelineSource): TimelineLayout | undefined {
  const [first] = entries
  if (first === undefined) return undefined
  const states = statesOf(entries)
  const ended = states.find(({ name }) => name in ENDINGS)
  const start = first.at
  // Webhooks may be tried for days: the picture shows the making, and what came later stands at its edge.
  const end = ended?.at ?? Math.max(now, entries.at(-1)?.at ?? now)
  const seconds = Math.max(SECONDS_MIN, end - start) * MARGIN
  const place = (at: number): number => Math.min(100, Math.max(0, ((at - start) / seconds) * 100))
  const lanes = [
    stateLane(states, end, place),
    ...LANES.map((lane) => laneOf(lane, entries, place)),
    deliveryLane({ entries, deliveries, now }, place),
  ].filter(({ spans, marks }) => spans.length + marks.length > 0)
  return { start, seconds, lanes, ticks: ticksOf(seconds) }
}

type State = { name: string; at: number }

function statesOf(entries: readonly TimelineEntry[]): State[] {
  const moves = entries.filter(({ type }) => type === 'task.state')
  const [first] = entries
  const begun = moves[0]?.data['from']
  const beginning =
    first === undefined ? [] : [{ name: typeof begun === 'string' ? begun : 'queued', at: first.at }]
  return [...beginning, ...moves.map(({ at, data }) => ({ name: String(data['to']), at }))]
}

type Place = (at: number) => number

function stateLane(states: readonly State[], end: number, place: Place): Lane {
  const spans = states.flatMap(({ name, at }, index): Span[] => {
    const tone = STATE_TONES[name]
    const until = states[index + 1]?.at ?? end
    if (tone === undefined) return []
    return [{ left: place(at), width: Math.max(0.4, place(until) - place(at)), tone, label: name }]
  })
  const marks = states.flatMap(({ name, at }): Mark[] => {
    const tone = ENDINGS[name]
    return tone === undefined ? [] : [{ left: place(at), tone, label: name }]
  })
  return { label: 'State', spans, marks }
}

const laneOf = ({ label, prefixes }: LaneRule, entries: readonly TimelineEntry[], place: Place): Lane => ({
  label,
  spans: [],
  marks: entries
    .filter(({ type }) => prefixes.some((prefix) => type.startsWith(prefix)))
    .map((entry) => markOf(entry, place)),
})

function markOf(entry: TimelineEntry, place: Place): Mark {
  const { title, detail } = entryWords(entry)
  const tone = BAD.test(entry.type) ? 'bad' : GOOD.test(entry.type) ? 'good' : 'busy'
  return { left: place(entry.at), tone, label: detail === null ? title : `${title} (${detail})` }
}

/** What the timeline tells of webhooks, and those that are still on their way. */
function deliveryLane({ entries, deliveries, now }: TimelineSource, place: Place): Lane {
  const { marks } = laneOf({ label: 'Webhooks', prefixes: ['webhook.'] }, entries, place)
  const pending = deliveries.filter(({ status }) => status === 'pending')
  const spans = pending.map(({ created_at: createdAt, type, url }): Span => {
    const left = Math.min(place(createdAt), 98)
    return {
      left,
      width: Math.max(2, place(now) - left),
      tone: 'waiting',
      label: `${type} to ${url}: pending`,
    }
  })
  return { label: 'Webhooks', spans, marks }
}

/** At round numbers of seconds. */
function ticksOf(seconds: number): { left: number; seconds: number }[] {
  const rough = seconds / TICKS_MAX
  const power = 10 ** Math.floor(Math.log10(rough))
  const step = [1, 2, 5, 10].map((factor) => factor * power).find((candidate) => candidate >= rough) ?? rough
  const count = Math.floor(seconds / step)
  const ticks = Array.from({ length: count + 1 }, (_, index) => ({
    left: ((index * step) / seconds) * 100,
    seconds: Number((index * step).toPrecision(6)),
  }))
  // One at the very edge would stand out of the picture.
  return ticks.filter(({ left }) => left <= TICK_LEFT_MAX)
}
