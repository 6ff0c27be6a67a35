import type { GuardedClient } from '../../net/guarded-fetch.ts'
import type { Clock } from '../../system/clock.ts'
import type { ProviderModel } from '../../task/capabilities.ts'
import type { StartOutcome } from '../../task/verdict.ts'
import { checkModels } from '../check-models.ts'
import { operationOfId } from '../operation-of-id.ts'
import type { Provider, StartRequest, Traits } from '../provider.ts'
import { createUpstream } from '../upstream.ts'
import { createVideoApi, type VideoApi } from '../video-api.ts'
import { readOpenaiCallback } from './callback.ts'
import { FIRST_ENCODING, OPENAI_OPTIONS, openaiBody, type Encoding, type OpenaiDialect } from './request.ts'
import { complainsOfEncoding, isOpenaiGone, OPENAI_RULES } from './status.ts'

const OPENAI_TRAITS: Traits = {
  // A server of one's own: asking costs nothing, and it forgets its jobs when it restarts.
  timing: {
    firstPollMs: 2_000,
    intervalMs: 3_000,
    intervalMaxMs: 15_000,
    missingGraceMs: 10_000,
    deadlineMs: 6 * 3_600_000,
  },
  pacing: { perSecond: 10, burst: 20, inFlightMax: 16 },
  cancel: 'unsupported',
  inputs: 'upload',
  providerOptions: OPENAI_OPTIONS,
  callbacks: 'account',
  openCatalog: true,
}

export type OpenaiOptions = {
  baseUrl: string
  /** Many servers of one's own want none. */
  apiKey?: string | undefined
  /** Default `auto`. */
  dialect?: OpenaiDialect
  /** Of the webhook that the operator made for the account: the newest, and one that is being rotated out. */
  webhookSecrets?: readonly string[]
  /** For the links in its answers. */
  guarded: GuardedClient
  clock: Clock
}

/** Any server with OpenAI's video routes: vLLM-Omni, SGLang and others. */
export function createOpenai(options: OpenaiOptions): Provider {
  const { guarded, clock, apiKey, dialect = 'auto', webhookSecrets = [] } = options
  const upstream = createUpstream({
    baseUrl: options.baseUrl,
    credentials: apiKey === undefined ? {} : { authorization: `Bearer ${apiKey}` },
    clock,
  })
  const api = createVideoApi({ upstream, guarded, clock, rules: OPENAI_RULES, isGone: isOpenaiGone })
  const canCancel = dialect === 'vllm-omni'
  let models: readonly ProviderModel[] = []

  return {
    traits: { ...OPENAI_TRAITS, cancel: canCancel ? 'supported' : 'unsupported' },
    models: () => models,
    start: createStart(api, dialect),
    probe: api.probe,
    open: api.open,
    check: async (signal) =>
      checkModels(async () => {
        const ids = await api.listModels(signal)
        models = ids.map((id) => ({ id, capabilities: null, price: null }))
        return ids
      }),
    readCallback: (callback) => readOpenaiCallback(callback, webhookSecrets, clock.nowMs()),
    operationOf: operationOfId,
    stop: upstream.stop,
    ...(canCancel ? { cancel: api.cancel } : {}),
  }
}

/**
 * A create in the encoding that the server reads. In `auto`, a definite refusal that may be about the encoding is
 * answered once with the other one, and what was accepted is remembered; an ambiguous answer never is.
 */
function createStart(api: VideoApi, dialect: OpenaiDialect): (start: StartRequest) => Promise<StartOutcome> {
  let encoding = FIRST_ENCODING[dialect]
  let isSettled = dialect !== 'auto'

  const send = async (
    start: StartRequest,
    used: Encoding,
  ): Promise<{ outcome: StartOutcome; isComplaint: boolean }> => {
    const { outcome, answer } = await api.submit(await openaiBody(start, used), start)
    if (outcome.kind === 'accepted' && start.inputs.length === 0) {
      encoding = used
      isSettled = true
    }
    const isComplaint = outcome.kind === 'rejected' && answer !== null && complainsOfEncoding(answer)
    return { outcome, isComplaint }
  }

  return async (start) => {
    const tried = encoding
    const first = await send(start, tried)
    if (isSettled || !first.isComplaint || start.inputs.length > 0) return first.outcome
    const second = await send(start, tried === 'json' ? 'multipart' : 'json')
    // When both encodings are complained of, neither is the fault: the first complaint names it.
    return second.isComplaint ? first.outcome : second.outcome
  }
}
