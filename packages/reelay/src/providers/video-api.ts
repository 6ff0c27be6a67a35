import type { GuardedClient } from '../net/guarded-fetch.ts'
import type { Clock } from '../system/clock.ts'
import type { Operation, Output, StartOutcome, Verdict } from '../task/verdict.ts'
import { classifySubmit, type RefusalRules } from './classify-submit.ts'
import { firstTextOf, isRecord, listOf, recordOf, textOf } from '../system/json.ts'
import { openOutput } from './open-output.ts'
import { probeFault } from './probe-fault.ts'
import { readProviderError, sentenceOf } from './provider-error.ts'
import { ProbeUnavailable, type OpenedOutput, type StartRequest } from './provider.ts'
import { UpstreamFailed } from './upstream-failed.ts'
import type { Upstream, UpstreamAnswer, UpstreamBody } from './upstream.ts'
import { CONTENT_REF, videoIn, verdictOf } from './video-object.ts'

/** Uploads of several pictures are the slow part of a create. */
const SUBMIT_TIMEOUT_MS = 120_000
const ASK_TIMEOUT_MS = 30_000

export type VideoApiOptions = {
  upstream: Upstream
  guarded: GuardedClient
  clock: Clock
  rules: RefusalRules
  /** Whether the provider says, in its own words, that it has no such job. */
  isGone: (answer: UpstreamAnswer) => boolean
}

export type Submitted = { outcome: StartOutcome; answer: UpstreamAnswer | null }

/** What servers with `POST /v1/videos` and `GET /v1/videos/{id}` have in common. Throws what the `Provider` port says. */
export interface VideoApi {
  /** Sends the billable request once. `answer` is null when none came. @throws SubmitUnknown */
  readonly submit: (
    body: UpstreamBody,
    start: Pick<StartRequest, 'mayStillSend' | 'signal'>,
  ) => Promise<Submitted>
  readonly probe: (operation: Operation, signal: AbortSignal) => Promise<Verdict>
  readonly open: (output: Output, operation: Operation, signal: AbortSignal) => Promise<OpenedOutput>
  readonly cancel: (operation: Operation, signal: AbortSignal) => Promise<'cancelled' | 'refused'>
  /** The ids of `GET /v1/models`. @throws ProbeUnavailable */
  readonly listModels: (signal: AbortSignal) => Promise<readonly string[]>
}

const pathOf = (id: string): string => `/v1/videos/${encodeURIComponent(id)}`

/**
 * The id of the job that a create made. A bare `request_id` is one only without an error beside it: error bodies carry
 * the id of the HTTP request under that name.
 */
function acceptedId(answer: UpstreamAnswer): string | null {
  const { json } = answer
  if (!isRecord(json) || (answer.status >= 300 && json['object'] !== 'video')) return null
  const data = recordOf(json['data'])
  const id = firstTextOf(json['id'], json['task_id'], data['task_id'], data['id'])
  if (id !== null) return id
  return readProviderError(json) === null ? textOf(json['request_id']) : null
}

/** The answer, or the failure in its place: both are classified by the same tables. */
async function settled(asked: Promise<UpstreamAnswer>): Promise<UpstreamAnswer | UpstreamFailed> {
  try {
    return await asked
  } catch (error) {
    if (error instanceof UpstreamFailed) return error
    throw error
  }
}

export function createVideoApi(options: VideoApiOptions): VideoApi {
  const { upstream, guarded, clock, rules, isGone } = options

  const ask = async (
    method: 'GET' | 'DELETE',
    path: string,
    signal: AbortSignal,
  ): Promise<UpstreamAnswer | UpstreamFailed> =>
    settled(upstream.ask({ method, path, signal, timeoutMs: ASK_TIMEOUT_MS }))

  return {
    submit: async (body, { mayStillSend, signal }) => {
      const request = { method: 'POST', path: '/v1/videos', body, signal, mayStillSend } as const
      const result = await settled(upstream.submit({ ...request, timeoutMs: SUBMIT_TIMEOUT_MS }))
      const answer = result instanceof UpstreamFailed ? null : result
      const id = answer === null ? null : acceptedId(answer)
      if (id !== null) return { outcome: { kind: 'accepted', operation: { providerTaskId: id } }, answer }
      return { outcome: classifySubmit(result, rules, clock.nowMs()), answer }
    },

    probe: async (operation, signal) => {
      const result = await ask('GET', pathOf(operation.providerTaskId), signal)
      if (result instanceof UpstreamFailed) throw probeFault(result, clock.nowMs())
      const video = videoIn(result, operation.providerTaskId)
      if (video !== null) return verdictOf(video, upstream.base)
      if (isGone(result)) return { kind: 'gone' }
      throw probeFault(result, clock.nowMs())
    },

    open: async (output, operation, signal) => {
      const url =
        output.ref === CONTENT_REF
          ? `${upstream.base}${pathOf(operation.providerTaskId)}/content`
          : output.ref
      return openOutput(guarded, { url, base: upstream.base, credentials: upstream.credentials }, signal)
    },

    cancel: async (operation, signal) => {
      const result = await ask('DELETE', pathOf(operation.providerTaskId), signal)
      if (result instanceof UpstreamFailed) throw probeFault(result, clock.nowMs())
      const isOwnWord = videoIn(result, operation.providerTaskId) !== null
      if (result.status < 300 && isOwnWord) {
        return recordOf(result.json)['deleted'] === false ? 'refused' : 'cancelled'
      }
      if (isGone(result)) return 'refused'
      throw probeFault(result, clock.nowMs())
    },

    listModels: async (signal) => {
      const result = await ask('GET', '/v1/models', signal)
      if (result instanceof UpstreamFailed) throw probeFault(result, clock.nowMs())
      const body = recordOf(result.json)
      if (result.status === 200 && Array.isArray(body['data'])) {
        return listOf(body['data']).flatMap((entry) => textOf(recordOf(entry)['id']) ?? [])
      }
      const error = readProviderError(result.json)
      if (error !== null) throw new ProbeUnavailable(`${sentenceOf(error)} (HTTP ${result.status})`)
      throw probeFault(result, clock.nowMs())
    },
  }
}
