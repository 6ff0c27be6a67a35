import { inputKey } from '../files/storage-key.ts'
import type { Plan } from '../providers/catalog.ts'
import { StoreUnavailable, type Artifact, type InsertOutcome, type TaskInsert } from '../store/store.ts'
import type { TaskInput, VideoRequest } from '../task/request.ts'
import { ApiError, invalidValue } from './api-error.ts'
import { createParamsOf, type CreateParams } from './create-params.ts'
import type { Exchange } from './exchange.ts'
import { fingerprintOf } from './fingerprint.ts'
import { clientAttemptOf, CLIENT_RETRY_WINDOW_MS, idempotencyKeyOf, KEY_TTL_MS } from './idempotency.ts'
import type { InputSource } from './input-sources.ts'
import { insertAnswer } from './insert-answer.ts'
import { earlierUseOf, holdKey, replayOf, type Keyed } from './keyed-request.ts'
import { loadInputs, type LoadedInput } from './load-inputs.ts'
import { newTask } from './new-task.ts'
import { readFields } from './read-fields.ts'
import { requireRoom } from './require-room.ts'
import { Staging } from './staging.ts'

const ROUTE = 'POST /v1/videos'

/** `POST /v1/videos`: everything is durable before the answer; nothing is asked of a provider here. */
export async function createVideo(exchange: Exchange): Promise<Response> {
  const { request, shared } = exchange
  const key = idempotencyKeyOf(request.headers.get('idempotency-key'))
  const keyed = { route: ROUTE, key }
  const release = holdKey(exchange, keyed)
  const staging = new Staging(shared.files, shared.settings.limits.fileBytesMax)
  try {
    const { clock, fetchInput } = shared
    if (!(await mayBeRepeated(exchange, keyed))) await requireRoom(exchange)
    const fields = await readFields(request, { limits: shared.settings.limits, clock, staging })
    const params = createParamsOf(fields, shared)
    const fingerprint = fingerprintOf(params)
    const earlier = await replayOf(exchange, keyed, fingerprint)
    if (earlier !== undefined) return await insertAnswer(exchange, earlier)
    // Nobody's server is asked for a file that the model would not take anyway.
    if (params.inputs.some((input) => input.kind === 'url'))
      planOf(exchange, params, params.inputs.map(unknownInput))
    const inputs = await loadInputs(params.inputs, { staging, fetchInput, clock, signal: request.signal })
    return await store(exchange, { params, inputs, key, fingerprint })
  } finally {
    release()
    await staging.discard()
  }
}

/** A repeated request is answered however many videos there are: only the insert can tell whether it is one. */
async function mayBeRepeated(exchange: Exchange, keyed: Keyed): Promise<boolean> {
  if (keyed.key !== null) return (await earlierUseOf(exchange, keyed)) !== undefined
  return (clientAttemptOf(exchange.request.headers.get('x-stainless-retry-count')) ?? 0) > 0
}

async function store(exchange: Exchange, request: Decoded): Promise<Response> {
  const { shared } = exchange
  const { params, inputs } = request
  const nowMs = shared.clock.nowMs()
  const id = shared.ids.id('video', nowMs)
  const taskInputs = inputs.map((input, index): TaskInput => {
    const { role, mime, bytes, sha256 } = input
    return { role, mime, bytes, sha256, storageKey: inputKey(id, index, mime) }
  })
  const plan = planOf(exchange, params, taskInputs)
  const insert = await insertOf(exchange, { ...request, taskInputs, plan, id, nowMs })
  let outcome: InsertOutcome | undefined
  let mayBeStored = false
  try {
    for (const [index, input] of inputs.entries())
      await input.file.staged.keep(taskInputs[index]?.storageKey ?? '')
    outcome = await shared.store.insertTask(insert)
  } catch (error) {
    mayBeStored = error instanceof StoreUnavailable && error.mayBeStored
    throw error
  } finally {
    // Files of a task that did not come to be belong to nobody. One that may be there needs them: its client can ask again.
    if (outcome?.kind !== 'created' && !mayBeStored) {
      for (const { storageKey } of taskInputs) await shared.files.remove(storageKey)
    }
  }
  return insertAnswer(exchange, outcome)
}

function planOf(
  exchange: Exchange,
  params: CreateParams,
  inputs: readonly TaskInput[],
): Plan & { kind: 'planned' } {
  const { model, prompt, seconds, size, resolution, aspectRatio, negativePrompt, seed, generateAudio } =
    params
  const request: VideoRequest = {
    model,
    prompt,
    seconds,
    size,
    resolution,
    aspectRatio,
    negativePrompt,
    seed,
    generateAudio,
    inputs,
    providerOptions: params.providerOptions,
  }
  const plan = exchange.shared.catalog.plan(request, params.normalize)
  switch (plan.kind) {
    case 'planned':
      return plan
    case 'unknown_model':
      throw new ApiError('model_not_found', plan.message, { param: 'model' })
    case 'invalid':
      throw invalidValue(plan.param, plan.message)
    case 'unreachable':
      throw new ApiError('public_url_required', plan.message, { param: plan.param })
  }
}

const unknownInput = ({ role }: InputSource): TaskInput => ({
  role,
  storageKey: '',
  mime: role === 'video' ? 'video/mp4' : 'image/png',
  bytes: 0,
  sha256: '',
})

type Decoded = {
  params: CreateParams
  inputs: readonly LoadedInput[]
  key: string | null
  fingerprint: string
}

type Parts = Decoded & {
  taskInputs: readonly TaskInput[]
  plan: Plan & { kind: 'planned' }
  id: string
  nowMs: number
}

async function insertOf(exchange: Exchange, parts: Parts): Promise<TaskInsert> {
  const { params, taskInputs, plan, key, fingerprint, id, nowMs } = parts
  if (exchange.key === null) throw new Error('a video is created with a key')
  const { inFlight, perDay } = await exchange.shared.rates.limitsOf(exchange.key.projectId)
  const clientAttempt = clientAttemptOf(exchange.request.headers.get('x-stainless-retry-count'))
  return {
    task: newTask({ id, key: exchange.key, params, plan, nowMs }),
    account: plan.candidates[0]?.account ?? '',
    dueAtMs: nowMs,
    artifacts: taskInputs.map(artifactOf),
    events: [{ kind: 'task.created', data: { request_id: exchange.requestId, key_id: exchange.key.id } }],
    idempotency: key === null ? null : { route: ROUTE, key, fingerprint, expiresAtMs: nowMs + KEY_TTL_MS },
    replay:
      key !== null || clientAttempt === null
        ? null
        : { fingerprint, clientAttempt, joinableSinceMs: nowMs - CLIENT_RETRY_WINDOW_MS },
    limits: { inFlightMax: inFlight, perDayMax: perDay },
  }
}

const artifactOf = (input: TaskInput, index: number): Artifact => ({
  role: 'input',
  index,
  storageKey: input.storageKey,
  sha256: input.sha256,
  bytes: input.bytes,
  mime: input.mime,
  width: null,
  height: null,
  durationMs: null,
  codec: null,
})
