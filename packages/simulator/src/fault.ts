/**
 * Where in the conversation a fault strikes: the kinds of routes. `look` is a second step to a result, `content` the bytes
 * behind the key, `link` the signed ones.
 */
export const FAULT_POINTS = [
  'create',
  'poll',
  'look',
  'content',
  'link',
  'cancel',
  'delete',
  'list',
  'other',
] as const

export type FaultPoint = (typeof FAULT_POINTS)[number]

/** The connection breaks or the bytes are no HTTP; the real answer is never seen. */
export const BROKEN_KINDS = ['reset', 'fin', 'timeout', 'garbage', 'two-lengths'] as const

/** The real answer starts to arrive, so the request took effect, but it arrives spoiled. */
export const DISTORTED_KINDS = [
  'truncated',
  'cut-json',
  'chunk-cut',
  'short-length',
  'slow',
  'stalled',
  'big-header',
  'bad-gzip',
] as const

/** A well-formed HTTP answer that is not the real one. */
export const REPLACED_KINDS = ['html', 'empty', 'json', 'mp4-json', 'noid', '200error', '500invalid'] as const

type BrokenKind = (typeof BROKEN_KINDS)[number]
export type DistortedKind = (typeof DISTORTED_KINDS)[number]
export type ReplacedKind = (typeof REPLACED_KINDS)[number]

type FaultShape =
  | { readonly shape: 'broken'; readonly kind: BrokenKind }
  | { readonly shape: 'distorted'; readonly kind: DistortedKind }
  | { readonly shape: 'replaced'; readonly kind: ReplacedKind }
  | { readonly shape: 'status'; readonly status: number }

export type Fault = FaultShape & {
  /** As written, for the ledger and the request log. */
  readonly name: string
  /** Whether the request took effect although its answer is faulty. */
  readonly accepted: boolean
}

/** A fault that strikes `times` times in a row; `Infinity` when it never heals. */
export interface FaultRun {
  readonly fault: Fault
  readonly times: number
}

const AFTER_ACCEPT = '-after-accept'

function shapeOf(name: string): FaultShape {
  const broken = BROKEN_KINDS.find((kind) => kind === name)
  if (broken !== undefined) return { shape: 'broken', kind: broken }
  const distorted = DISTORTED_KINDS.find((kind) => kind === name)
  if (distorted !== undefined) return { shape: 'distorted', kind: distorted }
  const replaced = REPLACED_KINDS.find((kind) => kind === name)
  if (replaced !== undefined) return { shape: 'replaced', kind: replaced }
  if (/^[2-5]\d\d$/u.test(name)) return { shape: 'status', status: Number(name) }
  const known = [...BROKEN_KINDS, ...DISTORTED_KINDS, ...REPLACED_KINDS].join(', ')
  throw new Error(`Unknown fault "${name}": use an HTTP status or one of ${known}.`)
}

/** Reads `reset`, `503`, `timeout-after-accept`. Throws on a name it does not know. */
export function parseFault(text: string): Fault {
  const name = text.trim()
  const afterAccept = name.endsWith(AFTER_ACCEPT)
  const shape = shapeOf(afterAccept ? name.slice(0, -AFTER_ACCEPT.length) : name)
  return { ...shape, name, accepted: afterAccept || shape.shape === 'distorted' }
}

/** Splits `word*3` into the word and 3; `word*` means without end. Throws when the count is not 1 or more. */
export function parseTimes(text: string, timesDefault: number): { word: string; times: number } {
  const [word = '', count] = text.trim().split('*', 2)
  if (count === undefined) return { word, times: timesDefault }
  if (count === '') return { word, times: Number.POSITIVE_INFINITY }
  const times = Number(count)
  if (Number.isInteger(times) && times >= 1) return { word, times }
  throw new Error(`"${text}" wants a whole number of 1 or more after the star, or nothing for ever.`)
}

/** Reads `503*3,html,reset*`. Without a count a fault strikes `timesDefault` times. */
export function parseFaultRuns(text: string, timesDefault: number): FaultRun[] {
  return text.split(',').map((part) => {
    const { word, times } = parseTimes(part, timesDefault)
    return { fault: parseFault(word), times }
  })
}

/** The fault that strikes the use number `index` (from 0), if any is left by then. */
export function faultAt(runs: readonly FaultRun[], index: number): Fault | null {
  let end = 0
  for (const run of runs) {
    end += run.times
    if (index < end) return run.fault
  }
  return null
}
