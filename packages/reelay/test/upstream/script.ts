import { parseFaultRuns, parseFault, parseTimes, type Fault, type FaultRun } from './fault.ts'
import { CLIP_KINDS, type ClipKind } from './clips.ts'
import { isTerminal, PHASES, phaseOfWord, type Phase } from './phase.ts'

/** One state that a poll can show. */
export interface Step {
  readonly phase: Phase
  /** The status word to print instead of the dialect's own. */
  readonly word: string | null
  /** Number as is, text as text, `null` absent, `undefined` the dialect's default. */
  readonly progress: number | string | null | undefined
}

/** What one poll meets. */
export type PollAct =
  | { readonly act: 'step'; readonly step: Step }
  | { readonly act: 'missing' }
  /** Only `{request_id}`, as xAI answers while there is nothing to tell. */
  | { readonly act: 'bare' }
  | { readonly act: 'fault'; readonly fault: Fault }

export interface PollRun {
  readonly poll: PollAct
  readonly times: number
}

/** The whole behaviour of one task, read from the markers in its prompt. */
export interface Script {
  readonly polls: readonly PollRun[]
  /** When set, steps follow the time since the create, one each `stepMs`, instead of the polls. */
  readonly stepMs: number | null
  /** Faults of the content strike the link too, unless it has its own. */
  readonly faults: Readonly<Record<'create' | 'content' | 'link' | 'delete', readonly FaultRun[]>>
  /** The `Retry-After` of a 429 or 503, as is. */
  readonly retryAfter: string | null
  readonly failure: { readonly message: string; readonly code: string | null }
  /** The result link: the upstream's own, none, or a given one. */
  readonly link: 'own' | 'none' | { readonly url: string }
  readonly clip: ClipKind
  readonly wrapper: boolean
  readonly upperCase: boolean
  readonly createdInMs: boolean
  /** The create answers only `{request_id}`. */
  readonly requestIdOnly: boolean
  /** Printed instead of the requested model and length. */
  readonly model: string | null
  readonly seconds: string | null
}

const MARKER = /\[up:(?<name>[a-z0-9_-]+)(?:=(?<value>[^\]]*))?\]/giu

/**
 * What a prompt can say. A `*3` behind a step or a fault repeats it, a bare `*` does so for ever; a fault's
 * name may end in `-after-accept`.
 */
const MARKER_NAMES = [
  /** `queued,running:30,running:45%,running:-,missing,bare,!503,done`: one per poll, the last one stays. */
  'steps',
  /** The same with raw status words: `SUBMITTED,IN_PROGRESS:20,SUCCESS`. */
  'status',
  /** Steps follow the clock, one each so many milliseconds. */
  'ms',
  /** The end is a failure with this message, and this code. */
  'failed',
  'failed-code',
  /** The end is the status `error`, with this message. */
  'error',
  /** This word comes after the first step: `warming`, `warming*3`. */
  'unknown',
  /** What the running steps print: `45%,30,-`, where `-` leaves the key out. */
  'progress',
  /** So many first polls do not know the task, then so many only name it; `*` for ever. */
  'missing',
  'bare',
  /** Faults: of the first polls (before all else), the POSTs with this prompt, the bytes, the link alone. */
  'poll',
  'create',
  'content',
  'link',
  'delete',
  /** The `Retry-After` of a status fault. */
  'retry-after',
  /** Completed without `video_url`, or with this one. */
  'no-url',
  'url',
  /** `mp4`, `mov` or `webm`. */
  'clip',
  /** Polls in the wrapper of the task DTO. */
  'wrapper',
  /** Upper-case statuses. */
  'upper',
  /** `created_at` in milliseconds. */
  'created_ms',
  /** The create answers `{request_id}` only. */
  'request-id',
  /** Echoed instead of what was asked; may be empty. */
  'model',
  'seconds',
] as const

type MarkerName = (typeof MARKER_NAMES)[number]
type Markers = Map<MarkerName, string>

const DEFAULT_STEPS = 'queued,running:50,done'

/** Reads every `[up:name]` and `[up:name=value]`; a later one wins. Throws on a name it does not know. */
function markersOf(texts: readonly string[]): Markers {
  const markers: Markers = new Map()
  for (const match of texts.join('\n').matchAll(MARKER)) {
    const written = (match.groups?.['name'] ?? '').toLowerCase()
    const name = MARKER_NAMES.find((known) => known === written)
    if (name === undefined) {
      throw new Error(`Unknown marker [up:${written}]: use one of ${MARKER_NAMES.join(', ')}.`)
    }
    markers.set(name, match.groups?.['value'] ?? '')
  }
  return markers
}

function progressOf(text: string | undefined): Step['progress'] {
  if (text === undefined || text === '') return undefined
  if (text === '-') return null
  return /^-?\d+(?:\.\d+)?$/u.test(text) ? Number(text) : text
}

function stepOf(text: string, raw: boolean): Step {
  const [word = '', progress] = text.split(':', 2)
  if (raw) return { phase: phaseOfWord(word), word, progress: progressOf(progress) }
  const phase = PHASES.find((known) => known === word)
  if (phase === undefined) {
    throw new Error(`Unknown step "${word}": use ${PHASES.join(', ')}, missing, bare or !fault.`)
  }
  return { phase, word: null, progress: progressOf(progress) }
}

function pollRunOf(text: string, raw: boolean): PollRun {
  const { word, times } = parseTimes(text, 1)
  if (word.startsWith('!')) return { poll: { act: 'fault', fault: parseFault(word.slice(1)) }, times }
  if (!raw && word === 'missing') return { poll: { act: 'missing' }, times }
  if (!raw && word === 'bare') return { poll: { act: 'bare' }, times }
  return { poll: { act: 'step', step: stepOf(word, raw) }, times }
}

function stepRun(phase: Phase, word: string | null, progress: Step['progress'], times = 1): PollRun {
  return { poll: { act: 'step', step: { phase, word, progress } }, times }
}

/** Puts the given progress values on the running steps, or makes the steps from them alone. */
function withProgress(runs: readonly PollRun[], values: string, given: boolean): PollRun[] {
  const progress = values.split(',').map((value) => progressOf(value.trim()))
  if (!given)
    return [...progress.map((value) => stepRun('running', null, value)), stepRun('done', null, undefined)]
  let index = 0
  return runs.map((run) => {
    if (run.poll.act !== 'step' || run.poll.step.phase !== 'running' || index >= progress.length) return run
    const step = { ...run.poll.step, progress: progress[index] }
    index += 1
    return { poll: { act: 'step', step }, times: run.times }
  })
}

function withEnd(runs: readonly PollRun[], phase: Phase): PollRun[] {
  const last = runs.at(-1)
  const ends = last?.poll.act === 'step' && isTerminal(last.poll.step.phase)
  return [...(ends ? runs.slice(0, -1) : runs), stepRun(phase, null, undefined)]
}

function countOf(markers: Markers, name: MarkerName): number {
  const text = markers.get(name)
  if (text === undefined) return 0
  if (text === '*') return Number.POSITIVE_INFINITY
  const count = Number(text === '' ? '1' : text)
  if (Number.isInteger(count) && count >= 0) return count
  throw new Error(`[up:${name}=${text}] wants a whole number, or * for ever.`)
}

function pollsOf(markers: Markers): PollRun[] {
  const status = markers.get('status')
  const steps = status ?? markers.get('steps')
  const raw = status !== undefined
  let runs = (steps ?? DEFAULT_STEPS).split(',').map((part) => pollRunOf(part, raw))
  const progress = markers.get('progress')
  if (progress !== undefined) runs = withProgress(runs, progress, steps !== undefined)
  const unknown = markers.get('unknown')
  if (unknown !== undefined) {
    const { word, times } = parseTimes(unknown, 1)
    runs = runs.toSpliced(1, 0, stepRun('running', word, undefined, times))
  }
  if (markers.has('failed')) runs = withEnd(runs, 'failed')
  if (markers.has('error')) runs = withEnd(runs, 'error')
  const first: PollRun[] = [
    ...parseRuns(markers, 'poll', 1).map(
      ({ fault, times }) => ({ poll: { act: 'fault', fault }, times }) as const,
    ),
    { poll: { act: 'missing' }, times: countOf(markers, 'missing') },
    { poll: { act: 'bare' }, times: countOf(markers, 'bare') },
  ]
  return [...first, ...runs].filter((run) => run.times > 0)
}

function parseRuns(markers: Markers, name: MarkerName, timesDefault: number): FaultRun[] {
  const text = markers.get(name)
  return text === undefined ? [] : parseFaultRuns(text, timesDefault)
}

function linkOf(markers: Markers): Script['link'] {
  const url = markers.get('url')
  if (url !== undefined) return { url }
  return markers.has('no-url') ? 'none' : 'own'
}

function clipOf(markers: Markers): ClipKind {
  const text = markers.get('clip') ?? 'mp4'
  const clip = CLIP_KINDS.find((kind) => kind === text)
  if (clip === undefined) throw new Error(`[up:clip=${text}] is unknown: use ${CLIP_KINDS.join(', ')}.`)
  return clip
}

/**
 * Reads a task's script from texts with markers; a marker in a later text wins over one in an earlier.
 * Throws with a message that names the marker when one cannot be read.
 */
export function parseScript(...texts: readonly string[]): Script {
  const markers = markersOf(texts)
  const stepMs = countOf(markers, 'ms')
  return {
    polls: pollsOf(markers),
    stepMs: stepMs > 0 ? stepMs : null,
    faults: {
      create: parseRuns(markers, 'create', 1),
      content: parseRuns(markers, 'content', Number.POSITIVE_INFINITY),
      link: parseRuns(markers, markers.has('link') ? 'link' : 'content', Number.POSITIVE_INFINITY),
      delete: parseRuns(markers, 'delete', 1),
    },
    retryAfter: markers.get('retry-after') ?? null,
    failure: {
      message: markers.get('failed') || markers.get('error') || 'The generation failed.',
      code: markers.get('failed-code') ?? null,
    },
    link: linkOf(markers),
    clip: clipOf(markers),
    wrapper: markers.has('wrapper'),
    upperCase: markers.has('upper'),
    createdInMs: markers.has('created_ms'),
    requestIdOnly: markers.has('request-id'),
    model: markers.get('model') ?? null,
    seconds: markers.get('seconds') ?? null,
  }
}
