import { parseCallbackFaults, type CallbackFaults } from './callback-faults.ts'
import { CLIP_KINDS, type ClipKind } from './clips.ts'
import { parseFaultRuns, parseFault, parseTimes, type Fault, type FaultRun } from './fault.ts'
import { countOf, durationOf, markersOf, type MarkerName, type Markers } from './markers.ts'
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
  /** The task is named and nothing is told of it. */
  | { readonly act: 'bare' }
  | { readonly act: 'fault'; readonly fault: Fault }

export interface PollRun {
  readonly poll: PollAct
  readonly times: number
}

/** The points whose faults are counted for each task; those of polls stand among its steps. */
export type ScriptedPoint = 'create' | 'look' | 'content' | 'link' | 'delete' | 'cancel'

/** The whole behaviour of one task, read from the markers in its prompt. */
export interface Script {
  readonly polls: readonly PollRun[]
  /** When set, steps follow the time since the create, one each `stepMs`, instead of the polls. */
  readonly stepMs: number | null
  /** When set, the task ends so long after its create. */
  readonly renderMs: number | null
  /** Faults of the content strike the link too, unless it has its own. */
  readonly faults: Readonly<Record<ScriptedPoint, readonly FaultRun[]>>
  readonly createsTwice: boolean
  readonly isIdempotent: boolean
  readonly ignoresCancel: boolean
  readonly callback: CallbackFaults
  /** The `Retry-After` of a 429 or 503, as is. */
  readonly retryAfter: string | null
  readonly failure: { readonly message: string; readonly code: string | null }
  /** The result link: the simulator's own, none, or a given one. */
  readonly link: 'own' | 'none' | { readonly url: string }
  /** Instead of what the dialect does. */
  readonly linkTtlMs: number | null
  readonly linkOrigin: 'own' | 'other' | null
  /** Done without a status word, where the provider leaves it out at times. */
  readonly withoutStatus: boolean
  readonly clip: ClipKind
  readonly stateKey: boolean
  readonly wrapper: boolean
  readonly upperCase: boolean
  readonly createdInMs: boolean
  /** The create answers only `{request_id}`. */
  readonly requestIdOnly: boolean
  /** Printed instead of the requested model and length. */
  readonly model: string | null
  readonly seconds: string | null
}

const DEFAULT_STEPS = 'queued,running,done'

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

/** Puts a poll that does not know the task behind each of the first steps. */
function withGaps(runs: readonly PollRun[], count: number): PollRun[] {
  return runs.flatMap((run, index) =>
    index < count ? [run, { poll: { act: 'missing' } as const, times: 1 }] : [run],
  )
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
  runs = withGaps(runs, countOf(markers, 'flapping'))
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

function originOf(markers: Markers): Script['linkOrigin'] {
  const text = markers.get('link-origin')
  if (text === undefined || text === 'own' || text === 'other') return text ?? null
  throw new Error(`[up:link-origin=${text}] is unknown: use own or other.`)
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
  const callback = markers.get('callback')
  return {
    polls: pollsOf(markers),
    stepMs: stepMs > 0 ? stepMs : null,
    renderMs: durationOf(markers, 'render'),
    faults: {
      look: parseRuns(markers, 'look', 1),
      cancel: parseRuns(markers, 'cancel', 1),
      create: parseRuns(markers, 'create', 1),
      content: parseRuns(markers, 'content', Number.POSITIVE_INFINITY),
      link: parseRuns(markers, markers.has('link') ? 'link' : 'content', Number.POSITIVE_INFINITY),
      delete: parseRuns(markers, 'delete', 1),
    },
    createsTwice: markers.has('create-twice'),
    isIdempotent: markers.has('idempotent'),
    ignoresCancel: markers.has('cancel-ignored'),
    callback: callback === undefined ? new Map() : parseCallbackFaults(callback),
    retryAfter: markers.get('retry-after') ?? null,
    failure: {
      message: markers.get('failed') || markers.get('error') || 'The generation failed.',
      code: markers.get('failed-code') ?? null,
    },
    link: linkOf(markers),
    linkTtlMs: durationOf(markers, 'link-ttl'),
    linkOrigin: originOf(markers),
    withoutStatus: markers.has('no-status'),
    clip: clipOf(markers),
    stateKey: markers.has('state-key'),
    wrapper: markers.has('wrapper'),
    upperCase: markers.has('upper'),
    createdInMs: markers.has('created_ms'),
    requestIdOnly: markers.has('request-id'),
    model: markers.get('model') ?? null,
    seconds: markers.get('seconds') ?? null,
  }
}
