import { jsonAnswer, type Answer } from '../../answer.ts'
import type { Refusal } from '../../dialect.ts'
import type { Phase } from '../../phase.ts'
import type { TaskView } from '../../task.ts'
import type { Verbs } from '../../verbs.ts'
import { jobSecret } from './callback.ts'

/** The types of its errors, which its client tells apart. */
const TYPES: Readonly<Record<string, { readonly status: number; readonly type: string }>> = {
  invalid_request: { status: 400, type: 'invalid_request_error' },
  invalid_api_key: { status: 401, type: 'authentication_error' },
  insufficient_quota: { status: 402, type: 'insufficient_funds' },
  permission_denied: { status: 403, type: 'forbidden' },
  model_not_found: { status: 404, type: 'model_not_found' },
  not_found: { status: 404, type: 'not_found' },
  rate_limit_exceeded: { status: 429, type: 'rate_limit_exceeded' },
  concurrency_limit_exceeded: { status: 429, type: 'rate_limit_exceeded' },
}

export function errorAnswer({ status, code, message }: Refusal, param: unknown = null): Answer {
  const known = TYPES[code]
  // A status that was ordered for bad input stays what it is.
  const told = code === 'invalid_request' ? status : (known?.status ?? status)
  const type = known?.type ?? (status >= 500 ? 'internal_server_error' : code)
  return jsonAnswer(told, { error: { message, type, param, code: code === type ? null : code } })
}

export function noSuchModel(modelId: string): Answer {
  const message = `Model '${modelId}' not found`
  return errorAnswer({ status: 404, code: 'model_not_found', message }, { modelId })
}

export const noSuchJob = (): Answer =>
  errorAnswer({ status: 404, code: 'not_found', message: 'Video job not found' })

/** Which of its jobs an operation names is the server's own affair. */
export function created({ task }: TaskView, { secrets }: Verbs): Answer {
  const [provider = ''] = task.model.split('/')
  const isCalled = task.callbackUrl !== null
  const asyncJob = {
    jobId: task.id,
    ...(isCalled ? { webhookSigningSecret: jobSecret(task.id, secrets) } : {}),
  }
  return jsonAnswer(202, {
    operation: { id: task.id, provider },
    warnings: [],
    providerMetadata: { gateway: { asyncJob } },
  })
}

const STATUSES: Readonly<Record<Phase, 'pending' | 'completed' | 'error' | 'cancelled'>> = {
  queued: 'pending',
  running: 'pending',
  done: 'completed',
  failed: 'error',
  error: 'error',
  cancelled: 'cancelled',
}

/** What was made; nothing where the prompt leaves the link out. */
function videosOf(view: TaskView, verbs: Verbs): readonly object[] {
  const url = verbs.link(view)
  return url === null ? [] : [{ type: 'url', url, mediaType: verbs.clip(view).type }]
}

export function statusAnswer(view: TaskView, verbs: Verbs): Answer {
  const { phase, word, task } = view
  const { message, code } = task.script.failure
  const providerMetadata = { gateway: { generationId: `gen_${task.id}`, ...(code === null ? {} : { code }) } }
  const about = { status: word ?? STATUSES[phase], providerMetadata }
  switch (STATUSES[phase]) {
    case 'completed':
      return jsonAnswer(200, { ...about, videos: videosOf(view, verbs), warnings: [] })
    case 'error':
      return jsonAnswer(200, { ...about, error: message })
    case 'pending':
      return jsonAnswer(200, { ...about, warnings: [] })
    case 'cancelled':
      return jsonAnswer(200, about)
  }
}

/** The older way, in which the request waits: one event of a stream, whatever comes of it. */
export function eventAnswer(view: TaskView, verbs: Verbs): Answer {
  const { message, code } = view.task.script.failure
  const event =
    view.phase === 'done'
      ? { type: 'result', videos: videosOf(view, verbs), warnings: [] }
      : { type: 'error', message, errorType: code ?? 'internal_server_error', statusCode: 500, param: null }
  return {
    status: 200,
    headers: { 'content-type': 'text/event-stream' },
    body: Buffer.from(`data: ${JSON.stringify(event)}\n\n`),
  }
}
