import type { Clock } from '../../system/clock.ts'
import type { Log } from '../../system/log.ts'
import type { StartOutcome } from '../../task/verdict.ts'
import { classifySubmit, PLAIN_RULES } from '../classify-submit.ts'
import { SubmitUnknown, type StartRequest } from '../provider.ts'
import { called, type Called } from './call.ts'
import { withExchange } from './capture.ts'
import { answerIn, faultBeforeSending, isOfARequest, reasonOf, wordsOf } from './model-error.ts'
import type { BridgedModel } from './models.ts'
import { newOperation } from './operation.ts'
import { callOptions } from './request.ts'
import { secretsOf } from './secrets-of.ts'
import { Rehearsal, StartExchange } from './start-exchange.ts'
import type { VideoCallOptions, VideoStarted, VideoWarning } from './video-model.ts'

/**
 * What a request asks for and pays for: a model that ignores one of these makes another video than was
 * ordered.
 */
const PAID_FEATURES: readonly string[] = [
  'n',
  'duration',
  'resolution',
  'aspectRatio',
  'seed',
  'generateAudio',
  'image',
  'frameImages',
  'inputReferences',
]

const SHORTEST_SECRET = 8

type Parts = { clock: Clock; log: Log }

/** How a warning of the SDK reads. */
const sentence = (warning: VideoWarning): string => {
  switch (warning.type) {
    case 'unsupported':
    case 'compatibility':
      return `${warning.feature}: ${warning.details ?? 'is not supported'}`
    case 'deprecated':
      return `${warning.setting}: ${warning.message}`
    case 'other':
      return warning.message
  }
}

const isPaid = (warning: VideoWarning): boolean =>
  (warning.type === 'unsupported' || warning.type === 'compatibility') &&
  PAID_FEATURES.includes(warning.feature)

/** The call failed before it sent anything. */
function notStarted(error: unknown): StartOutcome {
  const code = faultBeforeSending(error)
  if (code === null) return { kind: 'not_sent', detail: `The model sent nothing. ${wordsOf(error)}` }
  return { kind: 'rejected', code, detail: `The model sent nothing. ${reasonOf(error)}` }
}

const start = (
  model: BridgedModel,
  options: VideoCallOptions,
  signal: AbortSignal,
): Promise<Called<VideoStarted>> => called(() => model.model.doStart(options), signal)

/** A call whose requests were not seen: what the model says is all that there is. */
function unseen(outcome: Called<VideoStarted>, model: BridgedModel, nowMs: number): StartOutcome {
  if (outcome.kind === 'answered') {
    const { operation, warnings } = outcome.result
    const stored = newOperation({ model: model.id, origin: null, id: null, operation, warnings, secrets: [] })
    if (stored !== null) return { kind: 'accepted', operation: stored }
    throw new SubmitUnknown(
      'The model gave nothing to ask for the job by: the provider may have accepted it.',
    )
  }
  const { error } = outcome
  if (faultBeforeSending(error) !== null) return notStarted(error)
  const answer = answerIn(error)
  if (answer !== null) return classifySubmit(answer, model.answers?.rules ?? PLAIN_RULES, nowMs)
  throw new SubmitUnknown(`${wordsOf(error)} The provider may have accepted the job.`, { cause: error })
}

/**
 * Our fetch was not asked. Of a model that is known to use it, a throw then came before anything was sent. Any other may
 * have sent the real thing past it: then a second call would be a second bill.
 */
function unasked(outcome: Called<VideoStarted>, model: BridgedModel, { clock, log }: Parts): StartOutcome {
  if (model.sight.isProven && outcome.kind === 'thrown' && !isOfARequest(outcome.error))
    return notStarted(outcome.error)
  log.error({ model: model.id }, 'this model was not seen to send with the fetch that it was given')
  return unseen(outcome, model, clock.nowMs())
}

/** What an exchange came to, by what was sent and answered; the model's own words come second. */
function outcomeOf(
  exchange: StartExchange,
  outcome: Called<VideoStarted>,
  model: BridgedModel,
  parts: Parts,
): StartOutcome {
  const { clock, log } = parts
  const rules = model.answers?.rules ?? PLAIN_RULES
  const { answer, request, failure } = exchange
  if (failure !== null) return classifySubmit(failure, rules, clock.nowMs())
  if (request === null) return unasked(outcome, model, parts)
  if (answer === null) {
    const cause = outcome.kind === 'thrown' ? outcome.error : undefined
    throw new SubmitUnknown('The call ended before its request was answered: it may have been accepted.', {
      cause,
    })
  }
  const isReadable = answer.status >= 200 && answer.status < 300 && answer.json !== undefined
  const idOf = model.answers?.idOf
  const id = isReadable && idOf !== undefined ? idOf(answer) : null
  if (!isReadable || outcome.kind === 'thrown' || (idOf !== undefined && id === null)) {
    return classifySubmit(answer, rules, clock.nowMs())
  }
  const { operation, warnings } = outcome.result
  const secrets = Object.values(secretsOf(request)).map((value) => value.split(' ').at(-1) ?? '')
  const stored = newOperation({
    model: model.id,
    origin: request.url.origin,
    id,
    operation,
    warnings,
    secrets: secrets.filter((secret) => secret.length >= SHORTEST_SECRET),
  })
  if (stored === null) return classifySubmit(answer, rules, clock.nowMs())
  if (warnings.length > 0)
    log.warn({ model: model.id, warnings: warnings.map(sentence) }, 'a model was not heeded')
  return { kind: 'accepted', operation: stored }
}

/** What a start comes to before it begins; null when there is nothing against it. */
async function rehearse(
  model: BridgedModel,
  options: VideoCallOptions,
  parts: Parts,
  signal: AbortSignal,
): Promise<StartOutcome | null> {
  const answer = model.answers?.rehearsal
  if (!model.isCaptured || model.onWarning === 'record' || answer === undefined) return null
  const rehearsal = new Rehearsal(answer)
  const outcome = await withExchange(rehearsal, () => start(model, options, signal))
  if (!rehearsal.isAsked) return unasked(outcome, model, parts)
  model.sight.isProven = true
  // A new version that takes another answer only loses the warning: the start itself goes on.
  const paid = outcome.kind === 'answered' ? outcome.result.warnings.filter(isPaid) : []
  if (paid.length === 0) return null
  const detail = `The model would not make what was asked for. ${paid.map(sentence).join(' ')}`
  return { kind: 'rejected', code: 'invalid_input', detail }
}

/**
 * Asks a model for a video, with one request at most.
 * @throws SubmitUnknown
 */
export async function startVideo(
  request: StartRequest,
  model: BridgedModel,
  parts: Parts,
): Promise<StartOutcome> {
  const options = await callOptions(request, model)
  if ('refused' in options) return { kind: 'rejected', code: 'invalid_input', detail: options.refused }
  // Asked at the connection too, where the request is known to pass by here.
  if (!model.sight.isProven && !request.mayStillSend()) {
    return { kind: 'not_sent', detail: 'The request was held back: this process may no longer send it.' }
  }
  const settled = await rehearse(model, options, parts, request.signal)
  if (settled !== null) return settled
  if (!model.isCaptured)
    return unseen(await start(model, options, request.signal), model, parts.clock.nowMs())
  const exchange = new StartExchange(parts.clock, request)
  const outcome = await withExchange(exchange, () => start(model, options, request.signal))
  // A call that was given up leaves its request behind, which may yet say that it was never sent.
  await exchange.settled
  model.sight.isProven ||= exchange.isAsked
  return outcomeOf(exchange, outcome, model, parts)
}
