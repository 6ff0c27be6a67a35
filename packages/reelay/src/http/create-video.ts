import { inputKey } from '../files/storage-key.ts'
import type { Plan } from '../providers/catalog.ts'
import type { Artifact, InsertOutcome, TaskInsert } from '../store/store.ts'
import type { TaskInput, VideoRequest } from '../task/request.ts'
import type { Task } from '../task/task.ts'
import { ApiError, invalidValue, videoNotFound } from './api-error.ts'
import { createParamsOf, type CreateParams } from './create-params.ts'
import { jsonAnswer, projectOf, VARY, type Exchange, type HttpBindings } from './exchange.ts'
import { viewVideo } from './find-video.ts'
import { fingerprintOf } from './fingerprint.ts'
import { clientAttemptOf, CLIENT_RETRY_WINDOW_MS, idempotencyKeyOf, KEY_TTL_MS } from './idempotency.ts'
import type { InputSource } from './input-sources.ts'
import { tooManyVideos } from './limit-answer.ts'
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
  const release = holdKey(exchange, key)
  const staging = new Staging(shared.files, shared.settings.limits.fileBytesMax)
  try {
    const { clock, fetchInput } = shared
    if (!mayBeRepeated(exchange, key)) await requireRoom(exchange)
    const fields = await readFields(request, { limits: shared.settings.limits, clock, staging })
    const params = createParamsOf(fields, shared)
    const fingerprint = fingerprintOf(params)
    const earlier = replayOf(exchange, key, fingerprint)
    if (earlier !== undefined) return answerOf(exchange, earlier)
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

/**
 * Two requests with one key at a time would both be read in full before the database could tell them apart.
 * @throws ApiError `request_in_progress`
 */
function holdKey(exchange: Exchange, key: string | null): () => void {
  if (key === null) return () => {}
  const { uploading } = exchange.shared
  const held = `${projectOf(exchange)} ${ROUTE} ${key}`
  if (uploading.has(held)) {
    const message = 'A request with this Idempotency-Key is still being received. Send it again in a second.'
    throw new ApiError('request_in_progress', message, { headers: { 'retry-after': '1' } })
  }
  uploading.add(held)
  return () => uploading.delete(held)
}

/** A repeated request is answered however many videos there are: only the insert can tell whether it is one. */
function mayBeRepeated(exchange: Exchange, key: string | null): boolean {
  const { request, shared } = exchange
  if (key !== null) return shared.store.findIdempotent(projectOf(exchange), ROUTE, key) !== undefined
  return (clientAttemptOf(request.headers.get('x-stainless-retry-count')) ?? 0) > 0
}

/** Asked before inputs are fetched and kept, which a repeated request does not need. The insert has the final word. */
function replayOf(exchange: Exchange, key: string | null, fingerprint: string): InsertOutcome | undefined {
  if (key === null) return undefined
  const { store: database } = exchange.shared
  const projectId = projectOf(exchange)
  const earlier = database.findIdempotent(projectId, ROUTE, key)
  if (earlier === undefined) return undefined
  if (earlier.fingerprint !== fingerprint) return { kind: 'key_reused' }
  return { kind: 'replayed', by: 'key', task: database.findTask(projectId, earlier.taskId), replayId: null }
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
  const insert = insertOf(exchange, { ...request, taskInputs, plan, id, nowMs })
  let outcome: InsertOutcome | undefined
  try {
    for (const [index, input] of inputs.entries())
      await input.file.staged.keep(taskInputs[index]?.storageKey ?? '')
    outcome = await shared.store.insertTask(insert)
  } finally {
    // Files of a task that did not come to be belong to nobody.
    if (outcome?.kind !== 'created') {
      for (const { storageKey } of taskInputs) await shared.files.remove(storageKey)
    }
  }
  return answerOf(exchange, outcome)
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

function insertOf(exchange: Exchange, parts: Parts): TaskInsert {
  const { params, taskInputs, plan, key, fingerprint, id, nowMs } = parts
  if (exchange.key === null) throw new Error('a video is created with a key')
  const { inFlight, perDay } = exchange.shared.rates.limitsOf(exchange.key.projectId)
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

function answerOf(exchange: Exchange, outcome: InsertOutcome): Response {
  switch (outcome.kind) {
    case 'created':
      noteAnswered(exchange, outcome.replayId)
      return videoAnswer(exchange, outcome.task)
    case 'replayed':
      if (outcome.task === undefined) throw videoNotFound()
      noteAnswered(exchange, outcome.replayId)
      return videoAnswer(exchange, outcome.task, outcome.by === 'key' ? 'true' : 'inferred')
    case 'key_reused': {
      const message =
        'This Idempotency-Key was used for a different request. Use a new key for each new video.'
      throw new ApiError('idempotency_key_reused', message, { param: 'Idempotency-Key' })
    }
    case 'limited':
      throw tooManyVideos(outcome, exchange.shared.clock.nowMs())
  }
}

function videoAnswer(exchange: Exchange, task: Task, replayed?: 'true' | 'inferred'): Response {
  const headers: Record<string, string> = { location: `/v1/videos/${task.id}`, vary: VARY }
  if (replayed !== undefined) headers['idempotent-replayed'] = replayed
  return jsonAnswer(viewVideo(exchange, task), headers)
}

/** Once the answer has left, a further try of the client is a request of its own. Written lazily: losing it is harmless. */
function noteAnswered(exchange: Exchange, replayId: string | null): void {
  if (replayId === null) return
  const { log, store: database } = exchange.shared
  const { env }: { env: HttpBindings | undefined } = exchange.context
  env?.outgoing?.once('finish', () => {
    database.markAnswered(replayId).catch((error: unknown) => {
      log.warn({ err: error }, 'that a create was answered could not be noted')
    })
  })
}
