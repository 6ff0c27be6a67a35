import { jsonAnswer, type Answer } from '../../answer.ts'
import type { Phase } from '../../phase.ts'
import type { SimulatorRequest } from '../../request.ts'
import type { TaskView } from '../../task.ts'
import type { Verbs } from '../../verbs.ts'
import { validationError } from './errors.ts'
import { invocationUri } from './storage.ts'

/** There is no cancel: what was cancelled some other way has failed. */
const WORDS: Readonly<Record<Phase, string>> = {
  queued: 'InProgress',
  running: 'InProgress',
  done: 'Completed',
  failed: 'Failed',
  error: 'Failed',
  cancelled: 'Failed',
}

export const REGION = 'us-east-1'

/** A whole second. */
const timeOf = (ms: number): string => new Date(ms).toISOString().replace(/\.\d{3}Z$/u, 'Z')

function failureOf({ phase, task }: TaskView): { readonly failureMessage?: string } {
  if (phase === 'cancelled') return { failureMessage: 'The invocation was stopped.' }
  return phase === 'failed' || phase === 'error' ? { failureMessage: task.script.failure.message } : {}
}

/** Where the result is or will be: the folder of the invocation. Nowhere, for a link that is left out. */
function placeOf(view: TaskView, verbs: Verbs): object {
  const link = verbs.link(view, '')
  if (view.phase === 'done' && link === null) return {}
  const s3Uri = link === null || link === verbs.origin ? invocationUri(view.task) : link
  return { outputDataConfig: { s3OutputDataConfig: { s3Uri } } }
}

export const created = ({ task }: TaskView): Answer => jsonAnswer(200, { invocationArn: task.id })

function invocationOf(view: TaskView, verbs: Verbs): object {
  const { task, phase, word, finishedAtMs, nowMs } = view
  const isOver = WORDS[phase] !== 'InProgress'
  const endTime = timeOf(finishedAtMs ?? nowMs)
  return {
    invocationArn: task.id,
    modelArn: `arn:aws:bedrock:${REGION}::foundation-model/${task.model}`,
    ...(task.clientToken === null ? {} : { clientRequestToken: task.clientToken }),
    status: word ?? WORDS[phase],
    ...failureOf(view),
    submitTime: timeOf(task.createdAtMs),
    lastModifiedTime: isOver ? endTime : timeOf(view.startedAtMs ?? task.createdAtMs),
    ...(isOver ? { endTime } : {}),
    ...placeOf(view, verbs),
  }
}

export function invocation(view: TaskView, verbs: Verbs): Answer {
  return jsonAnswer(200, invocationOf(view, verbs))
}

const PAGE_MAX = 1_000
const PAGE_DEFAULT = 100

/** A moment in the query, or the other one where there is none. */
function momentOf(query: URLSearchParams, name: string, otherwise: number): number {
  const text = query.get(name)
  return text === null ? otherwise : Date.parse(text)
}

/** The token of a page is its position: what comes in between moves it, as with any list that grows. */
const tokenOf = (position: number): string => Buffer.from(`page:${position}`).toString('base64')

function positionOf(token: string): number {
  const text = Buffer.from(token, 'base64').toString('utf8')
  return token === '' ? 0 : Number(/^page:(?<position>\d+)$/u.exec(text)?.groups?.['position'] ?? Number.NaN)
}

/** A page of the jobs, the newest first unless the query wants it otherwise. */
export function invocations(verbs: Verbs, { query }: SimulatorRequest): Answer {
  const size = Number(query.get('maxResults') ?? PAGE_DEFAULT)
  const start = positionOf(query.get('nextToken') ?? '')
  const after = momentOf(query, 'submitTimeAfter', Number.NEGATIVE_INFINITY)
  const before = momentOf(query, 'submitTimeBefore', Number.POSITIVE_INFINITY)
  const status = query.get('statusEquals')
  if (!Number.isInteger(size) || size < 1 || size > PAGE_MAX)
    return validationError(`1 validation error detected: Value at 'maxResults' must be from 1 to ${PAGE_MAX}`)
  if ([start, after, before].some(Number.isNaN))
    return validationError('A parameter of the list is not valid.')
  const views = verbs
    .tasks()
    .filter(({ task: { createdAtMs } }) => createdAtMs > after && createdAtMs < before)
    .filter(({ phase }) => status === null || WORDS[phase] === status)
  const sorted = query.get('sortOrder') === 'Ascending' ? views : views.toReversed()
  const end = start + size
  return jsonAnswer(200, {
    asyncInvokeSummaries: sorted.slice(start, end).map((view) => invocationOf(view, verbs)),
    ...(end < sorted.length ? { nextToken: tokenOf(end) } : {}),
  })
}
