import { emptyAnswer, jsonAnswer, type Answer } from '../../answer.ts'
import type { Refusal } from '../../dialect.ts'
import type { Phase } from '../../phase.ts'
import type { TaskView } from '../../task.ts'
import type { Verbs } from '../../verbs.ts'
import { creditsOf, RUNWAY_MODELS } from './models.ts'

/** `THROTTLED`, which waits too, is shown to those whose prompt asks for it. */
const WORDS: Readonly<Record<Phase, string>> = {
  queued: 'PENDING',
  running: 'RUNNING',
  done: 'SUCCEEDED',
  failed: 'FAILED',
  error: 'FAILED',
  cancelled: 'CANCELLED',
}

/** What goes wrong most often, and what is left unsaid. */
const FAILURE_CODES = { failed: 'INTERNAL.BAD_OUTPUT.CODE01', error: 'INTERNAL' } as const

const NO_CREDITS = 'You do not have enough credits to run this task.'
const DAILY_LIMIT = 'You have reached the daily limit of generations for this model.'

/** A sentence, and no code. Missing money is a 400, and a 429 the quota of a day: too many at a time wait. */
export function errorAnswer({ status, code, message }: Refusal): Answer {
  if (code === 'insufficient_quota') return jsonAnswer(400, { error: NO_CREDITS })
  if (code === 'rate_limit_exceeded') return jsonAnswer(429, { error: DAILY_LIMIT })
  return jsonAnswer(status, { error: message })
}

/** The wording is assumed. */
export const noSuchTask = (): Answer => jsonAnswer(404, { error: 'Task not found' })

export const notReady = (): Answer => jsonAnswer(400, { error: 'The task has not succeeded.' })

const costOf = ({ task }: TaskView): { credits: number } => ({ credits: creditsOf(task.model, task.fields) })

export function created(view: TaskView): Answer {
  return jsonAnswer(200, { id: view.task.id, estimatedCost: costOf(view) })
}

/** A share of 1 (assumed). */
function progressOf({ progress, share }: TaskView): number | string | undefined {
  if (progress === undefined) return Math.round((share ?? 0.5) * 100) / 100
  return progress ?? undefined
}

function fieldsOf(view: TaskView, verbs: Verbs): object {
  const { phase, task } = view
  const { message, code } = task.script.failure
  switch (phase) {
    case 'queued':
      return { estimatedCost: costOf(view) }
    case 'running':
      return { estimatedCost: costOf(view), progress: progressOf(view) }
    case 'done': {
      const link = verbs.link(view)
      return { cost: costOf(view), output: link === null ? [] : [link] }
    }
    case 'failed':
    case 'error':
      // An empty code is one that is left out: it is optional.
      return {
        cost: { credits: 0 },
        failure: message,
        failureCode: (code ?? FAILURE_CODES[phase]) || undefined,
      }
    case 'cancelled':
      return { cost: { credits: 0 } }
  }
}

export function taskAnswer(view: TaskView, verbs: Verbs): Answer {
  const { task, phase, word } = view
  const createdAt = new Date(task.createdAtMs).toISOString()
  return jsonAnswer(200, {
    id: task.id,
    createdAt,
    status: word ?? WORDS[phase],
    ...fieldsOf(view, verbs),
  })
}

/** The same whether it cancels or erases. */
export const deleted = (): Answer => emptyAnswer(204)

const DAY_MS = 86_400_000

/** The account: what may run at a time and in a day, and what did. */
export function organization(verbs: Verbs): Answer {
  const limits = { maxConcurrentGenerations: 20, maxDailyGenerations: 10_000 }
  const recent = verbs.tasks().filter(({ task }) => verbs.nowMs - task.createdAtMs < DAY_MS)
  const usage = RUNWAY_MODELS.map((model) => {
    const dailyGenerations = recent.filter(({ task }) => task.model === model).length
    return [model, { dailyGenerations }]
  })
  return jsonAnswer(200, {
    creditBalance: 100_000,
    tier: {
      maxMonthlyCreditSpend: 1_000_000,
      models: Object.fromEntries(RUNWAY_MODELS.map((model) => [model, limits])),
    },
    usage: { models: Object.fromEntries(usage) },
  })
}
