import { listOf, recordOf, textOf, type JsonRecord } from '../../system/json.ts'
import type { Operation, Output, ProviderFailure, Verdict } from '../../task/verdict.ts'
import { PLAIN_RULES, type RefusalRules } from '../classify-submit.ts'
import { failureOf } from '../failure-of.ts'
import { httpLink } from '../http-link.ts'
import { readProviderError, type ProviderError } from '../provider-error.ts'
import type { UpstreamAnswer } from '../upstream.ts'

/**
 * `{error: {code, message, metadata}}`, whose code is the HTTP status as a number. A moderated prompt comes with 403, as a
 * key without rights does: only the reasons beside it tell them apart.
 */
export function readOpenrouterError(json: unknown): ProviderError | null {
  const error = readProviderError(json)
  const { reasons, flagged_input } = recordOf(recordOf(recordOf(json)['error'])['metadata'])
  const words = listOf(reasons).flatMap((reason) => textOf(reason) ?? [])
  if (error === null || (words.length === 0 && textOf(flagged_input) === null)) return error
  const message = words.length === 0 ? error.message : `${error.message}: ${words.join(', ')}`
  return { code: 'moderation', message }
}

export const OPENROUTER_RULES: RefusalRules = { ...PLAIN_RULES, readError: readOpenrouterError }

/** An output at the job's own content route, by its index. */
const CONTENT_PREFIX = 'content:'

/** The index that an output's reference names; null for a link. */
export const contentIndexOf = (ref: string): string | null =>
  ref.startsWith(CONTENT_PREFIX) ? ref.slice(CONTENT_PREFIX.length) : null

/** The job's own object: an id together with a status. */
export function openrouterOperation({ status, json }: UpstreamAnswer): Operation | null {
  const job = recordOf(json)
  const id = textOf(job['id'])
  return status >= 300 || id === null || textOf(job['status']) === null ? null : { providerTaskId: id }
}

function isGone({ status, json }: UpstreamAnswer): boolean {
  const error = readProviderError(json)
  return status === 404 && error?.code === '404'
}

/**
 * `unsigned_urls` are its own content routes, or links elsewhere; `urls` are signed links. A job that names neither has
 * its bytes at the content route all the same.
 */
function outputsOf(job: JsonRecord): Output[] {
  const links = [listOf(job['unsigned_urls']), listOf(job['urls'])]
    .map((list) => list.flatMap((link) => httpLink(link) ?? []))
    .find((list) => list.length > 0)
  return (links ?? [`${CONTENT_PREFIX}0`]).map((ref) => ({ role: 'video', ref }))
}

/** A text, or an object like that of a refusal. */
const errorOf = (job: JsonRecord): ProviderError | null => readOpenrouterError({ error: job['error'] })

function failed(job: JsonRecord, code: ProviderFailure | null): Verdict {
  const failure = failureOf(errorOf(job))
  return { kind: 'failed', ...failure, code: code ?? failure.code }
}

/** What the answer says of the job `id`; null when it is not the provider's word on it. */
export function openrouterVerdict(answer: UpstreamAnswer, id: string): Verdict | null {
  if (isGone(answer)) return { kind: 'gone' }
  const job = recordOf(answer.json)
  const status = textOf(job['status'])
  if (textOf(job['id']) !== id || status === null) return null
  switch (status.trim().toLowerCase()) {
    case 'pending':
      return { kind: 'waiting' }
    case 'in_progress':
      return { kind: 'running' }
    case 'completed':
      return { kind: 'done', outputs: outputsOf(job) }
    case 'failed':
      return failed(job, null)
    case 'cancelled':
      return failed(job, 'provider_cancelled')
    case 'expired':
      return failed(job, 'provider_expired')
    default:
      return { kind: 'unrecognised', status: status.slice(0, 80) }
  }
}
