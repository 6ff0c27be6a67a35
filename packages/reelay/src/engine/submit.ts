import { stopwatch } from '../observability/stopwatch.ts'
import type { InputFile, Provider } from '../providers/provider.ts'
import { SubmitUnknown } from '../providers/provider.ts'
import type { Claim, CommitOutcome } from '../store/store.ts'
import {
  decideNoProvider,
  decideNoSlot,
  decideSkip,
  decideSubmit,
  decideSubmitted,
  decideWithdrawn,
  type Submitted,
} from '../task/decide-submit.ts'
import { hashOfKey } from '../system/hash-of-key.ts'
import { providerNameOf } from '../task/provider-name.ts'
import type { LookPlan } from '../task/look-plan.ts'
import type { Candidate, TaskInput } from '../task/request.ts'
import type { Decision, Task } from '../task/task.ts'
import { commitDecision, dueOf } from './commit.ts'
import type { EngineContext } from './context.ts'
import { durationKeyOf } from './duration-key.ts'
import type { Lease } from './lease.ts'
import { messageOf } from './message-of.ts'
import { momentOf } from './moment.ts'
import type { Step } from './step.ts'

const CREDENTIAL_PAUSE_MS = 60_000
/** How long the answer to a billable request is kept in memory while the store cannot take it. */
const ANSWER_KEPT_MS = 30_000
const ANSWER_RETRY_MS = 1_000
/** The longest that a billable request may take. */
const SUBMIT_MS_MAX = 120_000
/** The longest that an input file can be fetched by its link. */
const INPUT_LINK_MS_MAX = 7 * 24 * 3_600_000
const NO_PUBLIC_URL =
  'The provider fetches input files by URL, and REELAY_PUBLIC_URL is no public https address: set it, and restart.'

/**
 * Sends the billable request at most once per attempt: the attempt is durable before the request leaves, and nothing but
 * a definite refusal or a connection that was never made lets a later attempt exist.
 */
export const submit: Step = async (context, claim, lease) => {
  const { task } = claim
  const candidate = task.candidates[task.candidate]
  const provider = candidate === undefined ? undefined : context.providers.get(candidate.account)
  if (candidate === undefined || provider === undefined) {
    const moment = momentOf(context, claim, candidate?.account ?? '')
    const next = nextServed(context, task)
    const decision = next === undefined ? decideNoProvider(task, moment) : decideSkip(task, next, moment)
    return dueOf(decision, await commitDecision(context, claim, task, decision))
  }
  const token = callbackTokenOf(context, provider)
  const prepared = await prepare(context, claim, { provider, token, candidate }, lease.giveUp)
  if (prepared.kind === 'no_slot') {
    const decision = decideNoSlot(task, momentOf(context, claim, candidate.account))
    return dueOf(decision, await commitDecision(context, claim, task, decision))
  }
  if (prepared.kind !== 'committed') return null
  await context.checkpoint('submit.prepared', task.id)
  const lap = stopwatch(context.clock)
  // Read meanwhile: nothing comes between the provider's answer and its commit.
  const planned = context.looks.planFor(prepared.task, provider.traits.timing)
  const outcome = await start(context, prepared.task, { candidate, provider, token }, lease)
  const seen = { task: prepared.task, account: candidate.account, outcome: outcome.kind }
  context.observer.submitted({ ...seen, lap: lap() })
  await context.checkpoint('submit.answered', task.id)
  const answer = { account: candidate.account, outcome, plan: await planned }
  return finish(context, claim, prepared.task, answer, lease.giveUp)
}

/** The next candidate whose account is configured, in turn; undefined when there is none. */
function nextServed({ providers }: EngineContext, { candidates, candidate }: Task): number | undefined {
  const turn = candidates.map((_, offset) => (candidate + 1 + offset) % candidates.length)
  return turn.find((index) => providers.has(candidates[index]?.account ?? ''))
}

const CALLBACK_TOKEN_BYTES = 32

/** Unguessable, and of this attempt only: whoever knows it can make somebody look at the job, and nothing else. */
const callbackTokenOf = ({ callbackBase, ids }: EngineContext, { traits }: Provider): string | null =>
  traits.callbacks === undefined || traits.callbacks === 'account' || callbackBase() === null
    ? null
    : ids.secret(CALLBACK_TOKEN_BYTES)

type Sending = { candidate: Candidate; provider: Provider; token: string | null }

async function prepare(
  context: EngineContext,
  claim: Claim,
  { candidate, provider, token }: Sending,
  giveUp: AbortSignal,
): Promise<CommitOutcome> {
  const decision = decideSubmit(claim.task, context.ids.secret(16), context.clock.nowMs())
  if (token !== null && decision.attempt?.kind === 'open') {
    decision.attempt = { ...decision.attempt, callbackTokenHash: hashOfKey(token) }
  }
  try {
    return await commitDecision(context, claim, claim.task, decision, {
      keepLeaseMs: context.leaseMs,
      slotsMax: provider.traits.pacing.inFlightMax,
    })
  } catch (error) {
    // It may be stored all the same, and would then be taken for an attempt whose answer was lost.
    const attempt = decision.attempt?.kind === 'open' ? decision.attempt.attempt : null
    const task: Task = { ...claim.task, state: 'submitting', attempt }
    await keepTrying(context, giveUp, () => {
      const moment = momentOf(context, claim, candidate.account)
      return commitDecision(context, claim, task, decideWithdrawn(task, messageOf(error), moment))
    })
    throw error
  }
}

async function start(
  context: EngineContext,
  task: Task,
  { candidate, provider, token }: { candidate: Candidate; provider: Provider; token: string | null },
  lease: Lease,
): Promise<Submitted> {
  let isAsked = false
  try {
    return await provider.start({
      request: task.request,
      model: candidate.model,
      inputs: task.request.inputs.map((input, index) => inputFile(context, task, { input, index })),
      clientToken: task.attempt?.clientToken ?? '',
      callbackUrl: callbackUrlOf(context, candidate.account, token),
      mayStillSend: () => {
        isAsked = true
        return lease.mayStillSend()
      },
      // Not the lease's own signal: a stop lets a billable request finish, as long as there is time.
      signal: AbortSignal.any([AbortSignal.timeout(SUBMIT_MS_MAX), lease.giveUp]),
    })
  } catch (error) {
    const detail = messageOf(error)
    // Adapters ask right before they send: one that failed earlier, at an input file for instance, sent nothing.
    if (!isAsked && !(error instanceof SubmitUnknown)) {
      context.log.error({ err: error, task: task.id, account: candidate.account }, 'a submit was not sent')
      return { kind: 'not_sent', detail }
    }
    context.log.warn(
      { err: error, task: task.id, account: candidate.account },
      'the answer to a submit was lost',
    )
    return {
      kind: 'unknown',
      detail,
      rawAnswer: error instanceof SubmitUnknown ? error.rawAnswer : undefined,
    }
  }
}

function callbackUrlOf(
  { callbackBase }: EngineContext,
  account: string,
  token: string | null,
): string | null {
  const base = callbackBase()
  return token === null || base === null ? null : `${base}/hooks/${providerNameOf(account)}/${token}`
}

/** What became of the billable request, and when to look if it was accepted. */
type Answer = { account: string; outcome: Submitted; plan: LookPlan | undefined }

async function finish(
  context: EngineContext,
  claim: Claim,
  task: Task,
  { account, outcome, plan }: Answer,
  giveUp: AbortSignal,
): Promise<number | null> {
  await keepTrying(context, giveUp, () => pauseAfter(context, account, outcome))
  // Decided anew at each try: the clock may have been set while the store was away.
  const decide = (come: Submitted): Decision =>
    decideSubmitted(task, come, { ...momentOf(context, claim, account), plan })
  const durationKey = durationKeyOf(task)
  const { decision, result } = await keepTrying(context, giveUp, async () => {
    const made = decide(outcome)
    return { decision: made, result: await commitDecision(context, claim, task, made, { durationKey }) }
  })
  if (result.kind === 'fenced' && 'operation' in outcome && task.attempt !== null) {
    const { n } = task.attempt
    await keepTrying(context, giveUp, () => context.store.recordLateAnswer(task.id, n, outcome.operation))
  }
  if (result.kind === 'operation_taken') {
    const detail = `the provider answered with the id of another task (${result.taskId})`
    const lost = decide({ kind: 'unknown', detail })
    const answer = await keepTrying(context, giveUp, () => commitDecision(context, claim, task, lost))
    return dueOf(lost, answer)
  }
  return dueOf(decision, result)
}

async function pauseAfter(context: EngineContext, account: string, outcome: Submitted): Promise<void> {
  const nowMs = context.clock.nowMs()
  if (outcome.kind === 'rejected' && outcome.code === 'account') {
    context.log.error(
      { account, detail: outcome.detail },
      'the provider refuses the account: check its key and credit',
    )
    await context.store.pauseAccount(account, nowMs + CREDENTIAL_PAUSE_MS, outcome.detail)
  }
  if (outcome.kind === 'not_sent' && outcome.pauseAccountMs !== undefined) {
    await context.store.pauseAccount(account, nowMs + outcome.pauseAccountMs, outcome.detail)
  }
}

/** An answer that cost money is not dropped because the store is briefly away. */
async function keepTrying<T>(
  { clock }: EngineContext,
  giveUp: AbortSignal,
  write: () => Promise<T>,
): Promise<T> {
  const giveUpAtMs = clock.monotonicMs() + ANSWER_KEPT_MS
  for (;;) {
    try {
      return await write()
    } catch (error) {
      if (clock.monotonicMs() >= giveUpAtMs || giveUp.aborted) throw error
      await clock.sleep(ANSWER_RETRY_MS, giveUp)
    }
  }
}

function inputFile(
  context: EngineContext,
  task: Task,
  { input, index }: { input: TaskInput; index: number },
): InputFile {
  return {
    role: input.role,
    mime: input.mime,
    bytes: input.bytes,
    filename: `${input.role}.${input.mime.split('/')[1] ?? 'bin'}`,
    publicUrl: () => {
      // A job may wait in the provider's queue for long before the file is fetched.
      const expiresAtMs = Math.min(task.deadlineAtMs, context.clock.nowMs() + INPUT_LINK_MS_MAX)
      const url = context.inputUrl({ taskId: task.id, index, expiresAtMs })
      if (url === null) throw new Error(NO_PUBLIC_URL)
      return url
    },
    read: async () => {
      const stream = await context.files.open(input.storageKey)
      if (stream === undefined) throw new Error(`input file ${input.storageKey} is missing`)
      return new Uint8Array(Buffer.concat(await stream.toArray()))
    },
  }
}
