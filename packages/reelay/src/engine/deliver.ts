import type { GuardedClient, GuardedResponse } from '../net/guarded-fetch.ts'
import { retryAfterMs } from '../net/retry-after.ts'
import { stopwatch } from '../observability/stopwatch.ts'
import { StoreUnavailable } from '../store/store.ts'
import type { DeliveryAttempt, DeliveryClaim, SealedSecret } from '../store/webhook-store.ts'
import type { Clock } from '../system/clock.ts'
import { VaultLocked, type Vault } from '../system/vault.ts'
import {
  decideDelivery,
  failureOf,
  type DeliveryMoment,
  type DeliveryOutcome,
} from '../webhooks/decide-delivery.ts'
import { renderEvent, type ViewVideo } from '../webhooks/render-event.ts'
import type { RetrySchedule } from '../webhooks/retry-schedule.ts'
import { signWebhook } from '../webhooks/sign-webhook.ts'
import { endpointPurpose, makeSecret, projectPurpose } from '../webhooks/webhook-secret.ts'
import type { EngineContext } from './context.ts'
import { messageOf } from './message-of.ts'

/** From DNS to the end of the answer. Less than the lease, so that no other attempt of it begins meanwhile. */
const TOTAL_TIMEOUT_MS = 15_000
/** What the log keeps of an answer's body. */
const RESPONSE_BYTES_KEPT = 2_048
const RESPONSE_MS_MAX = 1_000

export type DeliveryContext = Pick<
  EngineContext,
  'store' | 'clock' | 'ids' | 'random' | 'log' | 'observer' | 'owner' | 'checkpoint'
> & {
  /** Longer than one attempt can take. */
  leaseMs: number
  vault: Vault
  /** For addresses that users chose. */
  guarded: GuardedClient
  schedule: RetrySchedule
  viewVideo: ViewVideo
  /** Names this gateway to receivers. */
  userAgent: string
}

type Result = { outcome: DeliveryOutcome; responseBody: string | null }

/** One attempt of one delivery, from its lease to its commit. Throws when `signal` ends it. */
export async function deliver(
  context: DeliveryContext,
  claim: DeliveryClaim,
  signal: AbortSignal,
): Promise<void> {
  const { store, clock, log, observer, random, schedule, checkpoint } = context
  const { delivery } = claim
  const atMs = clock.nowMs()
  const lap = stopwatch(clock)
  const traceparent = delivery.taskId === null ? null : observer.traceparentOf(delivery.taskId)
  await checkpoint('deliver.claimed', delivery.taskId ?? delivery.id)
  const { outcome, responseBody } = await send(context, claim, { atMs, traceparent }, signal)
  await checkpoint('deliver.answered', delivery.taskId ?? delivery.id)
  const took = lap()
  const moment: DeliveryMoment = { nowMs: clock.nowMs(), random: random(), schedule }
  const attempt: Omit<DeliveryAttempt, 'n'> = {
    atMs,
    latencyMs: Math.round(took.durationMs),
    status: outcome.kind === 'answered' ? outcome.status : null,
    error: failureOf(outcome),
    responseBody,
  }
  const decision = decideDelivery(delivery, outcome, moment)
  const isWritten = await store.webhooks.commitDelivery({ ...decision, claim, attempt })
  const led = isWritten ? decision.state : 'lost'
  observer.delivered({ delivery, outcome: led, status: attempt.status, traceparent, lap: took })
  const said = { delivery: delivery.id, task: delivery.taskId, event: delivery.type, status: attempt.status }
  if (!isWritten) log.warn(said, 'a delivery was taken over or cancelled while it was sent')
  else if (decision.state === 'delivered') log.debug(said, 'a webhook was delivered')
  else log.warn({ ...said, state: decision.state, reason: attempt.error }, 'a webhook was not delivered')
}

/** When the attempt began, and the trace that its request belongs to. */
type Sending = { atMs: number; traceparent: string | null }

async function send(
  context: DeliveryContext,
  claim: DeliveryClaim,
  sending: Sending,
  signal: AbortSignal,
): Promise<Result> {
  let request: { body: string; headers: Readonly<Record<string, string>> }
  try {
    request = await requestOf(context, claim, sending)
  } catch (error) {
    // Not the receiver's fault, and not the event's: its address is not blamed.
    if (error instanceof StoreUnavailable) throw error
    return { outcome: { kind: 'unsendable', message: messageOf(error) }, responseBody: null }
  }
  try {
    const response = await context.guarded.open({
      url: claim.delivery.url,
      trust: { from: 'user' },
      method: 'POST',
      ...request,
      totalTimeoutMs: TOTAL_TIMEOUT_MS,
      headersTimeoutMs: TOTAL_TIMEOUT_MS,
      redirectsMax: 0,
      bytesMax: Number.MAX_SAFE_INTEGER,
      signal,
    })
    const asked = retryAfterMs(response.headers.get('retry-after'), context.clock.nowMs())
    return {
      outcome: { kind: 'answered', status: response.status, retryAfterMs: asked },
      responseBody: await beginningOf(response, context.clock),
    }
  } catch (error) {
    signal.throwIfAborted()
    return { outcome: { kind: 'failed', message: messageOf(error) }, responseBody: null }
  }
}

async function requestOf(
  context: DeliveryContext,
  claim: DeliveryClaim,
  { atMs, traceparent }: Sending,
): Promise<{ body: string; headers: Readonly<Record<string, string>> }> {
  const { delivery, endpoint, task } = claim
  if (delivery.taskId !== null && task === null)
    throw new Error('The stored task of this event cannot be read.')
  const { viewVideo, userAgent } = context
  const body = await renderEvent(delivery, task, { payload: endpoint?.payload ?? 'full', viewVideo })
  const message = { id: delivery.eventId, timestamp: Math.floor(atMs / 1_000), body }
  const signed = signWebhook(message, await secretsOf(context, claim, atMs))
  const trace = traceparent === null ? {} : { traceparent }
  return {
    body,
    headers: { 'content-type': 'application/json', 'user-agent': userAgent, ...trace, ...signed },
  }
}

/** The status alone decides: a body that breaks off, drips or never ends changes nothing, and is not waited for. */
async function beginningOf(response: GuardedResponse, clock: Clock): Promise<string> {
  const over = new AbortController()
  const late = clock.sleep(RESPONSE_MS_MAX, over.signal).then(() => response.close())
  const chunks: Uint8Array[] = []
  let bytes = 0
  try {
    for await (const chunk of response.body) {
      chunks.push(chunk)
      bytes += chunk.byteLength
      if (bytes >= RESPONSE_BYTES_KEPT) break
    }
  } catch {
    // What came so far is kept.
  } finally {
    over.abort()
    response.close()
    await late
  }
  return Buffer.concat(chunks).subarray(0, RESPONSE_BYTES_KEPT).toString('utf8').replaceAll('\0', '\uFFFD')
}

/** The secrets that sign now, in the clear. A project gets its first one with its first delivery. */
async function secretsOf(
  { store, vault, ids }: DeliveryContext,
  { delivery, endpoint, secrets }: DeliveryClaim,
  nowMs: number,
): Promise<readonly string[]> {
  const purpose = endpoint === null ? projectPurpose(delivery.projectId) : endpointPurpose(endpoint.id)
  const isLive = ({ expiresAtMs }: SealedSecret): boolean => expiresAtMs === null || expiresAtMs > nowMs
  let live = secrets.filter(isLive)
  if (live.length === 0) {
    const first = { sealed: vault.seal(makeSecret(ids), purpose), createdAtMs: nowMs, expiresAtMs: null }
    live = (await store.webhooks.ensureProjectSecrets(delivery.projectId, first)).filter(isLive)
  }
  return openAll(vault, live, purpose)
}

/** One that does not open keeps none of the others from signing: a rotation helps at once, not after its overlap. */
function openAll(vault: Vault, secrets: readonly SealedSecret[], purpose: string): readonly string[] {
  const opened: string[] = []
  let locked: VaultLocked | undefined
  for (const { sealed } of secrets) {
    try {
      opened.push(vault.open(sealed, purpose))
    } catch (error) {
      if (!(error instanceof VaultLocked)) throw error
      locked = error
    }
  }
  if (opened.length === 0 && locked !== undefined) throw locked
  return opened
}
