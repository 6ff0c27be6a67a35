import type { Clock } from '../../system/clock.ts'
import { isRecord } from '../../system/json.ts'
import type { Operation, Verdict } from '../../task/verdict.ts'
import type { GuardedClient } from '../../net/guarded-fetch.ts'
import { probeFault } from '../probe-fault.ts'
import { ProbeUnavailable } from '../provider.ts'
import type { UpstreamAnswer } from '../upstream.ts'
import { AskExchange } from './ask-exchange.ts'
import { called, type Called } from './call.ts'
import { withExchange } from './capture.ts'
import { answerIn, wordsOf } from './model-error.ts'
import type { BridgedModel } from './models.ts'
import { storedOperation } from './operation.ts'
import { videosVerdict } from './outputs.ts'
import type { VideoData, VideoStatus } from './video-model.ts'

const ANSWER_BYTES_MAX = 4 * 1024 * 1024

/** They speak of the moment or of the account, never of a job, whatever the model makes of them. */
const PASSING_STATUSES: readonly number[] = [401, 402, 403, 408, 409, 425, 429]

/**
 * The model's `error` may be any failed request at this provider: believed only where the answer itself was
 * seen.
 */
const HIDING_PROVIDERS: readonly string[] = ['fal.video']

const isPassing = ({ status }: UpstreamAnswer): boolean =>
  PASSING_STATUSES.includes(status) || status >= 500 || (status >= 300 && status < 400)

/** What a look came to: the model's words, and the raw answer below them. */
export type Looked = {
  outcome: Called<VideoStatus>
  answer: UpstreamAnswer | null
  exchange: AskExchange
}

/** Asks a model for the state of a job. @throws ProbeUnavailable when the stored job cannot be read. */
export async function look(
  operation: Operation,
  model: BridgedModel,
  { guarded, signal }: { guarded: GuardedClient; signal: AbortSignal },
): Promise<Looked> {
  const stored = storedOperation(operation)
  const bytesMax = model.answers?.answerBytesMax ?? ANSWER_BYTES_MAX
  const exchange = new AskExchange({ guarded, origin: stored.origin, bytesMax, signal })
  const ask = (): PromiseLike<VideoStatus> =>
    model.model.doStatus({ operation: stored.operation, abortSignal: signal })
  const outcome = await withExchange(exchange, () => called(ask, signal))
  const told = outcome.kind === 'thrown' && !model.isCaptured ? answerIn(outcome.error) : null
  return { outcome, answer: exchange.answer ?? told, exchange }
}

/** The videos that the model names; null when it does not say that they are made. */
export function videosOf({ outcome }: Looked): readonly VideoData[] | null {
  if (outcome.kind === 'thrown') return null
  const { result } = outcome
  return result.status === 'completed' ? result.videos : null
}

const outputsOf = (looked: Looked): Verdict =>
  videosVerdict(videosOf(looked) ?? [], looked.exchange.secrets())

/** What the model itself says. A throw is no verdict: only words on the job are. */
function modelsVerdict(looked: Looked, model: BridgedModel): Verdict {
  const { outcome } = looked
  if (outcome.kind === 'thrown') {
    if (looked.answer === null) throw new ProbeUnavailable(wordsOf(outcome.error), { cause: outcome.error })
    return { kind: 'unrecognised', status: wordsOf(outcome.error).slice(0, 80) }
  }
  const { result } = outcome
  switch (result.status) {
    case 'pending':
      return { kind: 'running' }
    case 'completed':
      return outputsOf(looked)
    case 'error':
      return looked.answer === null && HIDING_PROVIDERS.includes(model.model.provider)
        ? { kind: 'unrecognised', status: 'error' }
        : { kind: 'failed', code: 'provider_failed', detail: wordsOf(result.error) }
  }
  return { kind: 'unrecognised', status: 'a status that the AI SDK did not have' }
}

/** Without a table only an answer's HTTP status says what kind of word it is. */
function plainVerdict(answer: UpstreamAnswer, looked: Looked, model: BridgedModel): Verdict | null {
  if (!isRecord(answer.json)) return null
  if (answer.status < 300) return modelsVerdict(looked, model)
  return answer.status === 404 || answer.status === 410
    ? { kind: 'gone' }
    : { kind: 'unrecognised', status: `HTTP ${answer.status}` }
}

/**
 * What a look says of a job: by the HTTP status first, then by the provider's own word, and by what the
 * model makes of it only where the provider has no table.
 *
 * @throws ProbeUnavailable
 */
export function verdictOf(operation: Operation, looked: Looked, model: BridgedModel, clock: Clock): Verdict {
  const { answer, exchange } = looked
  if (exchange.failure !== null) throw exchange.failure
  if (answer === null) return modelsVerdict(looked, model)
  if (isPassing(answer)) throw probeFault(answer, clock.nowMs())
  const { answers } = model
  const verdict =
    answers === null
      ? plainVerdict(answer, looked, model)
      : answers.verdict(answer, { id: operation.providerTaskId, outputs: () => outputsOf(looked) })
  // A refused question does not say that the job is done, whatever its body looks like.
  const isRefused = answer.status >= 300 && verdict?.kind === 'done'
  if (verdict === null || isRefused) throw probeFault(answer, clock.nowMs())
  return verdict
}
