import type { GuardedClient } from '../net/guarded-fetch.ts'
import type { Clock } from '../system/clock.ts'
import type { Operation, StartOutcome, Verdict } from '../task/verdict.ts'
import { classifySubmit, type RefusalRules } from './classify-submit.ts'
import { openOutput } from './open-output.ts'
import { probeFault } from './probe-fault.ts'
import type { OpenedOutput, StartRequest } from './provider.ts'
import { UpstreamFailed } from './upstream-failed.ts'
import type { Upstream, UpstreamAnswer, UpstreamBody, UpstreamRequest } from './upstream.ts'

/** Uploads of several pictures are the slow part of a create. */
const SUBMIT_TIMEOUT_MS = 120_000
const ASK_TIMEOUT_MS = 30_000

export type TaskApiOptions = { upstream: Upstream; guarded: GuardedClient; clock: Clock; rules: RefusalRules }

type Headers = Readonly<Record<string, string>>

export type TaskCreate = {
  path: string
  body: UpstreamBody
  headers?: Headers
  /** The job that the answer tells of; null when it tells of none. */
  operationOf: (answer: UpstreamAnswer) => Operation | null
}

export type TaskQuestion = {
  path: string
  method?: 'GET' | 'POST' | 'PUT' | 'DELETE'
  body?: UpstreamBody
  headers?: Headers
  keep?: NonNullable<UpstreamRequest['keep']>
  /** For answers that are long. */
  timeoutMs?: number
}

/**
 * The shape that most providers share: a POST that makes a job, and questions about it. Throws what the `Provider` port
 * says.
 */
export interface TaskApi {
  /** Sends the billable request, once. @throws SubmitUnknown */
  readonly submit: (
    create: TaskCreate,
    start: Pick<StartRequest, 'mayStillSend' | 'signal'>,
  ) => Promise<StartOutcome>
  /**
   * Asks, and lets `read` find an answer in what comes back; null says that it is not the provider's word on this.
   * @throws ProbeUnavailable
   */
  readonly ask: <Found>(
    question: TaskQuestion,
    read: (answer: UpstreamAnswer) => Found | null,
    signal: AbortSignal,
  ) => Promise<Found>
  /** `ask` for a verdict. @throws ProbeUnavailable */
  readonly probe: (
    question: TaskQuestion,
    read: (answer: UpstreamAnswer) => Verdict | null,
    signal: AbortSignal,
  ) => Promise<Verdict>
  /** Opens a link of an output; credentials go along to the provider's own origin only. @throws OutputGone, OutputUnavailable */
  readonly open: (url: string, signal: AbortSignal) => Promise<OpenedOutput>
}

export function createTaskApi({ upstream, guarded, clock, rules }: TaskApiOptions): TaskApi {
  const ask: TaskApi['ask'] = async ({ method = 'GET', ...question }, read, signal) => {
    try {
      const answer = await upstream.ask({ timeoutMs: ASK_TIMEOUT_MS, ...question, method, signal })
      const found = read(answer)
      if (found !== null) return found
      throw probeFault(answer, clock.nowMs())
    } catch (error) {
      throw error instanceof UpstreamFailed ? probeFault(error, clock.nowMs()) : error
    }
  }
  return {
    submit: async ({ path, body, headers, operationOf }, { mayStillSend, signal }) => {
      const request = { method: 'POST', path, body, mayStillSend, signal } as const
      const given = headers === undefined ? request : { ...request, headers }
      try {
        const answer = await upstream.submit({ ...given, timeoutMs: SUBMIT_TIMEOUT_MS })
        const operation = operationOf(answer)
        if (operation !== null) return { kind: 'accepted', operation }
        return classifySubmit(answer, rules, clock.nowMs())
      } catch (error) {
        if (error instanceof UpstreamFailed) return classifySubmit(error, rules, clock.nowMs())
        throw error
      }
    },
    ask,
    probe: ask,
    open: async (url, signal) =>
      openOutput(guarded, { url, base: upstream.base, credentials: upstream.credentials }, signal),
  }
}
