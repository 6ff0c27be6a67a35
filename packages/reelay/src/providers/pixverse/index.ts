import { createHash } from 'node:crypto'
import type { GuardedClient } from '../../net/guarded-fetch.ts'
import type { Clock } from '../../system/clock.ts'
import type { Ids } from '../../system/ids.ts'
import type { StartOutcome } from '../../task/verdict.ts'
import { beforeSubmit, PreparationRefused } from '../before-submit.ts'
import { checkAccount } from '../check-account.ts'
import type { InputFile, Provider, StartRequest, Traits } from '../provider.ts'
import { jsonBody, multipartBody } from '../request-body.ts'
import { createTaskApi, type TaskApi } from '../task-api.ts'
import { createUpstream, type UpstreamAnswer } from '../upstream.ts'
import { readPixverseCallback } from './callback.ts'
import { PIXVERSE_MODELS, PIXVERSE_OPTIONS, pixverseCreate } from './request.ts'
import { pixverseOperationOf } from './status.ts'
import { isPixverseSuccess, PIXVERSE_RULES, pixverseImageId, pixverseOperation } from './status.ts'
import { pixverseRefusal, pixverseVerdict, readPixverseError } from './status.ts'

const PIXVERSE_BASE_URL = 'https://app-api.pixverse.ai'
const UPLOAD_PATH = '/openapi/v2/image/upload'
const RESULT_PATH = '/openapi/v2/video/result'
const BALANCE_PATH = '/openapi/v2/account/balance'

const PIXVERSE_TRAITS: Traits = {
  // It gives no advice; a look every 5 to 10 s is usual, and most videos take about half a minute.
  timing: {
    firstPollMs: 15_000,
    intervalMs: 5_000,
    intervalMaxMs: 30_000,
    missingGraceMs: 120_000,
    deadlineMs: 2 * 3_600_000,
  },
  // Limits there are by jobs at a time, as bought; above them a submission is refused, and comes again later.
  pacing: { perSecond: 5, burst: 10, inFlightMax: 5 },
  cancel: 'unsupported',
  inputs: 'upload',
  providerOptions: PIXVERSE_OPTIONS,
  callbacks: 'account',
  openCatalog: true,
}

export type PixverseOptions = {
  /** Default: the provider's own. Without `/openapi`. */
  baseUrl?: string | undefined
  apiKey: string
  /** The webhook of its console that is called about the videos made here; absent: none. */
  webhookId?: string | undefined
  /** What that webhook signs with. */
  webhookSecret?: string | undefined
  /** For the links in its answers. */
  guarded: GuardedClient
  clock: Clock
  ids: Pick<Ids, 'secret'>
}

/** Every request bears an id in the form of a UUID; two with the same one are taken for one request. */
function traceIdOf(text: string): string {
  const hex = createHash('sha256').update(text).digest('hex')
  const variant = '89ab'.charAt(Number.parseInt(hex.charAt(16), 16) % 4)
  return [
    hex.slice(0, 8),
    hex.slice(8, 12),
    `4${hex.slice(13, 16)}`,
    `${variant}${hex.slice(17, 20)}`,
    hex.slice(20, 32),
  ].join('-')
}

/** @throws PreparationRefused */
function readImageId(answer: UpstreamAnswer): number | string | null {
  const refusal = pixverseRefusal(answer)
  if (refusal !== null) throw new PreparationRefused(refusal)
  return pixverseImageId(answer)
}

/** @throws PreparationRefused, ProbeUnavailable */
async function uploadPicture(api: TaskApi, file: InputFile, signal: AbortSignal): Promise<number | string> {
  const body = await multipartBody([], [{ name: 'image', file }])
  return api.ask({ method: 'POST', path: UPLOAD_PATH, body }, readImageId, signal)
}

/** The number of a webhook is sent as one. */
const webhookFieldOf = (id: string | undefined): object =>
  id === undefined ? {} : { webhook_id: Number.isSafeInteger(Number(id)) ? Number(id) : id }

async function startVideo(
  api: TaskApi,
  { clock, webhookId }: PixverseOptions,
  start: StartRequest,
): Promise<StartOutcome> {
  const create = pixverseCreate(start)
  if ('refused' in create) return { kind: 'rejected', code: 'invalid_input', detail: create.refused }
  const uploaded = await beforeSubmit(
    async () => {
      const ids: Record<string, unknown> = {}
      for (const { field, file } of create.pictures) ids[field] = await uploadPicture(api, file, start.signal)
      return ids
    },
    () => clock.nowMs(),
  )
  if ('outcome' in uploaded) return uploaded.outcome
  return api.submit(
    {
      path: create.path,
      body: jsonBody({ ...create.fields, ...uploaded.ready, ...webhookFieldOf(webhookId) }),
      headers: { 'ai-trace-id': traceIdOf(start.clientToken) },
      operationOf: pixverseOperation,
    },
    start,
  )
}

/** PixVerse: text, a picture, or two frames to a video. */
export function createPixverse(options: PixverseOptions): Provider {
  const { guarded, clock, ids } = options
  const credentials = {
    'api-key': options.apiKey,
    // Read anew for every request, so that no two are taken for one.
    get 'ai-trace-id'(): string {
      return traceIdOf(ids.secret(16))
    },
  }
  const upstream = createUpstream({ baseUrl: options.baseUrl ?? PIXVERSE_BASE_URL, credentials, clock })
  const api = createTaskApi({ upstream, guarded, clock, rules: PIXVERSE_RULES })
  return {
    traits: PIXVERSE_TRAITS,
    models: () => PIXVERSE_MODELS,
    start: async (start) => startVideo(api, options, start),
    probe: async ({ providerTaskId: id }, signal) =>
      api.probe(
        { path: `${RESULT_PATH}/${encodeURIComponent(id)}` },
        (answer) => pixverseVerdict(answer, id),
        signal,
      ),
    open: async (output, _operation, signal) => api.open(output.ref, signal),
    check: async (signal) =>
      checkAccount(
        api,
        { path: BALANCE_PATH, isGood: isPixverseSuccess, readError: readPixverseError },
        signal,
      ),
    readCallback: (callback) => readPixverseCallback(callback, options.webhookSecret, clock.nowMs()),
    operationOf: pixverseOperationOf,
    stop: upstream.stop,
  }
}
