import { firstTextOf, isRecord, recordOf, textOf, type JsonRecord } from '../../system/json.ts'
import type { Operation, Verdict } from '../../task/verdict.ts'
import { PLAIN_RULES, type RefusalRules } from '../classify-submit.ts'
import { KLING_ENDPOINTS } from '../kling/request.ts'
import { KLING_RULES, klingOperation, klingVerdict } from '../kling/status.ts'
import { readProviderError } from '../provider-error.ts'
import { RUNWAY_VERSION } from '../runway/request.ts'
import { RUNWAY_RULES, runwayOperation, runwayVerdict } from '../runway/status.ts'
import { meaningOfStatus } from '../status-words.ts'
import type { UpstreamAnswer } from '../upstream.ts'
import { CONTENT_REF, verdictOf, videoIn } from '../video-object.ts'
import { XAI_RULES, xaiOperation, xaiVerdict } from '../xai/status.ts'
import type { NativeDialect } from './request.ts'

/**
 * CometAPI says of itself that a 500 with `invalid_request` is not worth a retry, and some of its refusals arrive with
 * status 200: these codes are final whatever the status. An error with another code, or with its usual empty one, may
 * come from behind the provider that had already taken the job.
 */
export const COMETAPI_RULES: RefusalRules = {
  ...PLAIN_RULES,
  finalCodes: new Set([
    'invalid_request',
    'invalidparameter',
    'invalid_parameter',
    'invalid_value',
    'missing_required_parameter',
    'model_not_found',
  ]),
}

const GONE_STATUSES = [200, 400, 404]
const GONE_WORDS = /\b(task_not_exist|task_not_found|video_not_found)\b/i

/** `task_not_exist` comes with 400 or 404, as a code or within the message, and for a moment after create too. */
export function isCometapiGone(answer: UpstreamAnswer): boolean {
  const error = readProviderError(answer.json)
  if (error === null || !GONE_STATUSES.includes(answer.status)) return false
  return GONE_WORDS.test(error.code ?? '') || GONE_WORDS.test(error.message)
}

type Native = {
  rules: RefusalRules
  headers: Readonly<Record<string, string>>
  /** The paths under which jobs are asked for. */
  asked: readonly string[]
  operation: (answer: UpstreamAnswer) => Operation | null
  verdict: (answer: UpstreamAnswer, id: string, nowMs: number) => Verdict | null
  /** A job as the maker answers it, of the one that CometAPI has wrapped, whose id there may be another. */
  unwrapped: (job: JsonRecord, id: string) => JsonRecord
}

/** The maker's codes beside CometAPI's. What the maker documents as load shedding, a proxy may say too. */
const rulesOf = ({ readError, codes }: RefusalRules): RefusalRules => ({
  ...COMETAPI_RULES,
  readError,
  ...(codes === undefined ? {} : { codes }),
})

/** How each of the makers' APIs is spoken on its route. */
export const NATIVES: Readonly<Record<NativeDialect, Native>> = {
  kling: {
    rules: rulesOf(KLING_RULES),
    headers: {},
    asked: Object.values(KLING_ENDPOINTS).map((path) => `/kling${path}`),
    operation: (answer) => klingOperation(answer, ''),
    verdict: klingVerdict,
    unwrapped: (job, id) => {
      const task = isRecord(job['data']) ? job['data'] : job
      return { code: 0, data: { ...task, task_id: id } }
    },
  },
  runwayml: {
    rules: rulesOf(RUNWAY_RULES),
    headers: { 'x-runway-version': RUNWAY_VERSION },
    asked: ['/runwayml/v1/tasks'],
    operation: runwayOperation,
    verdict: runwayVerdict,
    unwrapped: (job, id) => ({ ...job, id }),
  },
  grok: {
    rules: rulesOf(XAI_RULES),
    headers: {},
    asked: ['/grok/v1/videos'],
    operation: xaiOperation,
    verdict: xaiVerdict,
    unwrapped: (job, id) => ({ ...job, request_id: id }),
  },
}

/**
 * CometAPI's own record of a job, with which any route may answer in place of the maker's:
 * `{code: "success", data: {task_id, status, …}}`, or what is in it alone.
 */
function recordIn(json: unknown): JsonRecord | null {
  const body = recordOf(json)
  const { code, data } = body
  if (code === 'success' && isRecord(data)) return data
  return textOf(body['task_id']) !== null && textOf(body['status']) !== null ? body : null
}

/** The id of the job that a create on a route made. */
export function nativeJobId(dialect: NativeDialect, answer: UpstreamAnswer): string | null {
  const record = recordIn(answer.json)
  if (record === null) return NATIVES[dialect].operation(answer)?.providerTaskId ?? null
  return answer.status < 300 ? firstTextOf(record['task_id'], record['id']) : null
}

const NAMES_NO_VIDEO: Verdict = {
  kind: 'failed',
  code: 'provider_failed',
  detail: 'The provider says that the job succeeded, and names no video.',
}

/** The record decides whether the job has ended; the maker's job in it may know better what came of it. */
function settled(own: Verdict, inner: Verdict | null, record: JsonRecord): Verdict {
  if (own.kind === 'failed') {
    return inner?.kind === 'failed' && textOf(record['fail_reason']) === null ? inner : own
  }
  if (own.kind !== 'done') return own
  if (inner?.kind === 'done') return { ...own, outputs: inner.outputs }
  // These routes have no content of their own: without a link there is nothing.
  if (own.outputs.some(({ ref }) => ref !== CONTENT_REF)) return own
  return inner?.kind === 'failed' ? inner : NAMES_NO_VIDEO
}

/** How long links live is not CometAPI's word. Its words for a job under way may come on every route. */
function asOnComet(verdict: Verdict | null): Verdict | null {
  switch (verdict?.kind) {
    case 'done': {
      const { outputs, finishedAtMs } = verdict
      return { kind: 'done', outputs, ...(finishedAtMs === undefined ? {} : { finishedAtMs }) }
    }
    case 'unrecognised': {
      const kind = meaningOfStatus(verdict.status)
      return kind === 'waiting' || kind === 'running' ? { kind } : verdict
    }
    // Only CometAPI's own words for it are believed: a maker's 404 may be one of the route.
    case 'gone':
    case undefined:
      return null
    case 'waiting':
    case 'running':
    case 'failed':
      return verdict
  }
}

type Look = { dialect: NativeDialect; id: string; base: string; nowMs: number }

function wrappedVerdict(record: JsonRecord, answer: UpstreamAnswer, look: Look): Verdict | null {
  const { dialect, id, base, nowMs } = look
  const video = videoIn({ ...answer, json: { code: 'success', data: record } }, id)
  if (video === null) return null
  const { data: job } = record
  const { unwrapped, verdict } = NATIVES[dialect]
  const inner = isRecord(job) ? verdict({ ...answer, json: unwrapped(job, id) }, id, nowMs) : null
  return settled(verdictOf(video, base), inner, record)
}

/** What the answer says of a job on a route of its own; null when it is not the provider's word on it. */
export function nativeVerdict(answer: UpstreamAnswer, look: Look): Verdict | null {
  const record = recordIn(answer.json)
  const verdict =
    record === null
      ? NATIVES[look.dialect].verdict(answer, look.id, look.nowMs)
      : wrappedVerdict(record, answer, look)
  return asOnComet(verdict) ?? (isCometapiGone(answer) ? { kind: 'gone' } : null)
}
