import type { AdoptOutcome } from '../store/store.ts'
import { providerNameOf } from '../task/provider-name.ts'
import { adoptSchema, type VideoAdopt } from './adopt-schema.ts'
import { adoptedTask, modelAt } from './adopted-task.ts'
import { ApiError, invalidValue } from './api-error.ts'
import type { JobLook } from './deps.ts'
import { projectOf, type Exchange } from './exchange.ts'
import { fingerprintOfFields } from './fingerprint.ts'
import { idempotencyKeyOf, KEY_TTL_MS } from './idempotency.ts'
import { insertAnswer } from './insert-answer.ts'
import { earlierUseOf, holdKey, replayOf, type Keyed } from './keyed-request.ts'
import { readJson } from './read-json.ts'
import { requireRoom } from './require-room.ts'
import { webhookUrl } from './webhook-url.ts'

const ROUTE = 'POST /v1/videos/adopt'
const METADATA_BYTES_MAX = 16 * 1024

/** `POST /v1/videos/adopt`: a task of a job that was made elsewhere. The job is looked at once; nothing is spent. */
export async function adoptVideo(exchange: Exchange): Promise<Response> {
  const { request, shared } = exchange
  const keyed = { route: ROUTE, key: idempotencyKeyOf(request.headers.get('idempotency-key')) }
  const release = holdKey(exchange, keyed)
  try {
    if ((await earlierUseOf(exchange, keyed)) === undefined) await requireRoom(exchange)
    const body = await readJson(exchange, adoptSchema)
    const fingerprint = fingerprintOfFields(body)
    const earlier = await replayOf(exchange, keyed, fingerprint)
    if (earlier !== undefined) return await insertAnswer(exchange, earlier)
    checkBody(exchange, body)
    const { callback_url: url } = body
    const callbackUrl = url === undefined ? null : webhookUrl('callback_url', url, shared.refuseCallbackUrl)
    const account = accountOf(exchange, body.provider)
    const { id, endpoint = null } = body
    const reference = { account, id, endpoint, model: modelAt(account, body.model) }
    const look = found(exchange, account, await shared.lookAtJob(reference, request.signal))
    return await store(exchange, { body, account, callbackUrl, look, keyed, fingerprint })
  } finally {
    release()
  }
}

/** @throws ApiError `invalid_value` */
function checkBody({ shared }: Exchange, { prompt = '', metadata = {} }: VideoAdopt): void {
  const { promptCharactersMax } = shared.settings.limits
  if (prompt.length > promptCharactersMax)
    throw invalidValue('prompt', `prompt has more than ${promptCharactersMax} characters.`)
  if (Buffer.byteLength(JSON.stringify(metadata)) > METADATA_BYTES_MAX)
    throw invalidValue('metadata', `metadata is larger than ${METADATA_BYTES_MAX} bytes of JSON.`)
}

/**
 * The account of that very name, or the only one of that provider.
 * @throws ApiError `invalid_value`
 */
function accountOf({ shared }: Exchange, provider: string): string {
  const accounts = shared.accountNames()
  if (accounts.includes(provider)) return provider
  const [only, ...others] = accounts.filter((account) => providerNameOf(account) === provider)
  if (only !== undefined && others.length === 0) return only
  const known = accounts.length === 0 ? 'none' : accounts.join(', ')
  throw invalidValue('provider', `provider must be a configured account. Configured: ${known}.`)
}

/** @throws ApiError when there is no job to follow */
function found({ shared }: Exchange, account: string, look: JobLook): JobLook & { kind: 'found' } {
  switch (look.kind) {
    case 'found':
      return look
    case 'impossible': {
      const message = `${account} has no jobs that could be found by an id: its videos cannot be adopted.`
      throw new ApiError('operation_not_supported', message, { param: 'provider' })
    }
    case 'unclear':
      throw invalidValue('id', look.reason)
    case 'absent': {
      const message =
        `${account} has no job with this id, or has it no longer. Check the id, and that it was made with the key that ` +
        'this gateway has.'
      throw new ApiError('job_not_found', message, { param: 'id' })
    }
    case 'unavailable': {
      const message = `${account} did not say how the job is: ${look.reason} Nothing was changed; try again.`
      throw new ApiError('provider_unavailable', message, { headers: retryAfter(look.retryAfterMs) })
    }
    case 'paused': {
      const message = `${account} is paused for now, so the job was not asked for. Try again after Retry-After.`
      const headers = retryAfter(look.untilMs - shared.clock.nowMs())
      throw new ApiError('provider_unavailable', message, { status: 503, headers })
    }
  }
}

const retryAfter = (ms: number | null): Record<string, string> =>
  ms === null ? {} : { 'retry-after': String(Math.max(1, Math.ceil(ms / 1_000))) }

type Adoption = {
  body: VideoAdopt
  account: string
  callbackUrl: string | null
  look: JobLook & { kind: 'found' }
  keyed: Keyed
  fingerprint: string
}

async function store(exchange: Exchange, adoption: Adoption): Promise<Response> {
  const { key, requestId, shared } = exchange
  if (key === null) throw new Error('a job is adopted with a key')
  const { body, account, callbackUrl, look, keyed, fingerprint } = adoption
  const { clock, ids, rates } = shared
  const nowMs = clock.nowMs()
  const id = ids.id('video', nowMs)
  const task = adoptedTask({ id, key, account, body, callbackUrl, look, clientToken: ids.secret(16), nowMs })
  const { inFlight, perDay } = await rates.limitsOf(key.projectId)
  const data = {
    account,
    provider_task_id: look.operation.providerTaskId,
    request_id: requestId,
    key_id: key.id,
  }
  const outcome = await shared.store.adoptTask({
    task,
    account,
    // The engine looks again, and acts on what it sees.
    dueAtMs: nowMs,
    artifacts: [],
    events: [{ kind: 'task.adopted', data }],
    idempotency:
      keyed.key === null
        ? null
        : { route: ROUTE, key: keyed.key, fingerprint, expiresAtMs: nowMs + KEY_TTL_MS },
    replay: null,
    limits: { inFlightMax: inFlight, perDayMax: perDay },
  })
  if (outcome.kind === 'operation_taken') throw taken(exchange, outcome)
  return insertAnswer(exchange, outcome)
}

/** What others follow is not told. */
function taken(exchange: Exchange, owner: AdoptOutcome & { kind: 'operation_taken' }): ApiError {
  const isTold = owner.projectId === projectOf(exchange) && !owner.isDeleted
  const message = isTold
    ? `The video ${owner.taskId} is already of this job. Retrieve that one.`
    : 'This gateway already has a video of this job.'
  return new ApiError('job_taken', message, { param: 'id' })
}
