import { accessOf } from './access.ts'
import { jsonAnswer, type Answer } from './answer.ts'
import type { CreateRoute, Wish } from './dialect.ts'
import { faultAt, type Fault } from './fault.ts'
import type { LedgerEntry } from './ledger.ts'
import type { Outcome } from './outcome.ts'
import { isTerminal } from './phase.ts'
import { drawRender, speedUp, type Render } from './render-time.ts'
import type { SimulatorRequest } from './request.ts'
import { parseScript, type Script } from './script.ts'
import type { ServiceOptions } from './service.ts'
import { untilChangeMs, type Task } from './task.ts'
import type { Verbs } from './verbs.ts'

const KEPT_HEADERS: readonly string[] = [
  'ai-trace-id',
  'api-key',
  'authorization',
  'content-type',
  'host',
  'idempotency-key',
  'user-agent',
]

function keptHeaders({ headers }: SimulatorRequest): Record<string, string> {
  const kept = Object.entries(headers).filter(
    ([name]) => KEPT_HEADERS.includes(name) || name.startsWith('x-'),
  )
  return Object.fromEntries(kept.map(([name, value]) => [name, String(value)]))
}

/** A create on its way through the service. */
interface Creation {
  readonly options: ServiceOptions
  readonly route: CreateRoute
  readonly request: SimulatorRequest
  readonly verbs: Verbs
  readonly wish: Wish
  /** The script, or why its markers cannot be read. */
  readonly script: Script | string
}

function scriptOf(scenario: string, prompt: string): Script | string {
  try {
    return parseScript(scenario, prompt)
  } catch (error) {
    return error instanceof Error ? error.message : String(error)
  }
}

/** The refusal of one task more than an account may have under way. */
function noRoomFor(creation: Creation): Answer | null {
  const { dialect, limits, tasks } = creation.options
  if (limits === null || repeatedTask(creation) !== undefined) return null
  const inFlight = tasks.all().filter((task) => !isTerminal(tasks.view(task).phase)).length
  if (limits.hasRoom(inFlight)) return null
  const message = 'Too many tasks at a time.'
  const refusal = { status: 429, code: 'concurrency_limit_exceeded', message }
  return dialect.error(refusal, creation.request.path)
}

/** Why the create is refused, once its key is good. */
function refusalOf(creation: Creation): Answer | null {
  const { options, route, request, verbs, wish, script } = creation
  const { dialect, models, tasks } = options
  if (typeof script === 'string')
    return dialect.error({ status: 400, code: 'invalid_request', message: script }, request.path)
  if (wish.parentId != null) {
    const parent = tasks.find(wish.parentId)
    if (parent === undefined) return dialect.missing(wish.parentId, request)
    if (tasks.view(parent).phase !== 'done') return dialect.notReady(tasks.view(parent))
  }
  if (models.length > 0 && wish.model !== '' && !models.includes(wish.model)) {
    const message = `The model "${wish.model}" is not served here.`
    return dialect.error({ status: 400, code: 'model_not_found', message }, request.path)
  }
  return route.refuse(request, verbs) ?? noRoomFor(creation)
}

/** The task that this create repeats. */
function repeatedTask({ options, wish, script }: Creation): Task | undefined {
  const { repeats } = options.dialect
  const heeds =
    repeats === 'same-task' || (repeats === 'by-marker' && typeof script !== 'string' && script.isIdempotent)
  return heeds && wish.clientToken ? options.tasks.byToken(wish.clientToken) : undefined
}

function renderOf({ options, script }: Creation, model: string): Render | null {
  const { render, dialect, seed, tasks } = options
  const renderMs = typeof script === 'string' ? null : script.renderMs
  if (renderMs !== null) return { totalMs: renderMs, queueMs: Math.round(renderMs / 8) }
  if (render.kind === 'polls') return null
  const name = `${dialect.name}:${tasks.entries.length}`
  return speedUp(drawRender(dialect.renderTimes ?? {}, model, seed, name), render.speed)
}

/** Where the task calls back; null where that is no HTTP address. */
function callbackUrlOf({ options, request }: Creation): string | null {
  const target = options.dialect.callback?.target(request, options.callbackUrl) ?? null
  return target !== null && /^https?:$/u.test(URL.parse(target)?.protocol ?? '') ? target : null
}

interface Made {
  readonly key: string
  readonly fault: string | null
  readonly accepted: boolean
  readonly repeated?: Task | undefined
}

/** The line of the ledger. */
function entryOf(creation: Creation, { key, fault, accepted, repeated }: Made): LedgerEntry {
  const { options, request, wish } = creation
  const { dialect, ids, clock, tasks } = options
  const parent = wish.parentId == null ? undefined : tasks.find(wish.parentId)
  const model = wish.model || (parent?.model ?? dialect.modelDefault)
  const nowMs = clock.nowMs()
  const newId = (): string => dialect.newId({ ids, nowMs, model, path: request.path, fields: request.fields })
  return {
    kind: 'create',
    at: nowMs,
    id: accepted ? (repeated?.id ?? newId()) : null,
    dialect: dialect.name,
    path: request.path,
    model,
    prompt: wish.prompt,
    headers: keptHeaders(request),
    key,
    fields: request.fields,
    files: request.files.map(({ field, filename, mime, bytes, sha256 }) => ({
      field,
      filename,
      mime,
      bytes,
      sha256,
    })),
    accepted,
    repeated: repeated !== undefined,
    clientToken: wish.clientToken || null,
    callbackUrl: callbackUrlOf(creation),
    fault,
    remixOf: wish.parentId ?? null,
    render: accepted ? renderOf(creation, model) : null,
  }
}

/** Most polls that a script is hurried through for an answer that waits for its end. */
const HURRIED_POLLS_MAX = 1_000

/** For how many milliseconds the answer waits for the task's end at the most. */
function waitMsOf({ route: { waits = false }, request }: Creation): number {
  if (typeof waits === 'boolean') return waits ? Number.POSITIVE_INFINITY : 0
  return waits(request)
}

/** Resolves once the task has ended: by its clock, or at once where only polls would move it. Gives up after `waitMs`. */
async function untilEnded(creation: Creation, task: Task): Promise<void> {
  const { tasks, clock, signal } = creation.options
  const endMs = clock.nowMs() + waitMsOf(creation)
  for (let polls = 0; polls < HURRIED_POLLS_MAX && !signal.aborted; polls += 1) {
    const nowMs = clock.nowMs()
    if (nowMs >= endMs || isTerminal(tasks.view(task).phase)) return
    const pauseMs = untilChangeMs(task, nowMs)
    if (pauseMs === null) tasks.poll(task)
    else await clock.sleep(Math.min(pauseMs, endMs - nowMs), signal)
  }
}

function answerOf(creation: Creation, task: Task): Answer {
  const { options, route, request, verbs } = creation
  const { tasks } = options
  if (task.script.requestIdOnly) return jsonAnswer(200, { request_id: task.id })
  const view = waitMsOf(creation) > 0 ? tasks.view(task) : tasks.waiting(task)
  return route.answer(view, verbs, request)
}

function scriptedFault({ options, script, wish }: Creation): Fault | null {
  if (typeof script === 'string') return null
  return faultAt(script.faults.create, options.tasks.createsOf(wish.prompt))
}

/** Decides about a create, writes it down, and makes its task: one, two, or the one that was there. */
export async function createTask(
  options: ServiceOptions,
  route: CreateRoute,
  request: SimulatorRequest,
  verbs: Verbs,
): Promise<Outcome> {
  const { dialect, gates, orders, tasks, callbacks, keys, clock } = options
  await gates.pass('create')
  const wish = route.read(request)
  const script = scriptOf(options.scenario, wish.prompt)
  const creation: Creation = { options, route, request, verbs, wish, script }
  const ordered = orders.take('create', wish.prompt) ?? scriptedFault(creation)
  const hasEffect = ordered === null || ordered.accepted
  const access = accessOf(dialect, request, route.needsKey === false ? [] : keys, clock.nowMs())
  const refused = 'refused' in access ? access.refused : refusalOf(creation)
  const refusal = hasEffect ? refused : null
  // A request that is refused was not accepted, so a fault after acceptance has nothing to strike.
  const fault = refusal === null ? ordered : null
  const accepted = hasEffect && refusal === null
  const repeated = accepted ? repeatedTask(creation) : undefined
  const made: Made = {
    key: 'key' in access ? access.key : '',
    fault: fault?.name ?? null,
    accepted,
    repeated,
  }
  const task = tasks.record(entryOf(creation, made)) ?? null
  if (task?.script.createsTwice === true && repeated === undefined) {
    const twin = tasks.record(entryOf(creation, { ...made, fault: 'create-twice' }))
    if (twin !== undefined) callbacks.follow(twin)
  }
  if (task !== null && repeated === undefined) await callbacks.beforeAnswer(task)
  await gates.pass('create-answer')
  if (task !== null) await untilEnded(creation, task)
  const real = task === null ? refusal : answerOf(creation, task)
  const after = task === null || repeated !== undefined ? {} : { after: () => callbacks.follow(task) }
  const about = { fault, point: 'create', task, script: typeof script === 'string' ? null : script } as const
  return { real, ...about, ...after }
}
