import { accessOf } from './access.ts'
import { jsonAnswer, type Answer } from './answer.ts'
import type { Callbacks } from './callbacks.ts'
import type { Clock } from './clock.ts'
import { contentAnswer } from './content-answer.ts'
import { clipOf } from './clips.ts'
import { createTask } from './create-task.ts'
import { createVerbs, type VerbSource } from './create-verbs.ts'
import type {
  ContentRoute,
  Dialect,
  EndEffect,
  EndRoute,
  ListRoute,
  LookRoute,
  OtherRoute,
  PollRoute,
  Route,
} from './dialect.ts'
import { faultAt, type Fault } from './fault.ts'
import type { FaultOrders } from './fault-orders.ts'
import type { Gates } from './gates.ts'
import type { Ids } from './ids.ts'
import type { Limits } from './limits.ts'
import { linkFault } from './links.ts'
import { plainOutcome, type Outcome } from './outcome.ts'
import type { SimulatorRequest } from './request.ts'
import type { Task, TaskView } from './task.ts'
import type { Tasks } from './tasks.ts'
import type { Verbs } from './verbs.ts'

/** How tasks go on: a step at each poll, or by the clock, so many times as fast as the provider. */
export type RenderMode = { readonly kind: 'polls' } | { readonly kind: 'timed'; readonly speed: number }

export interface ServiceOptions {
  readonly dialect: Dialect
  readonly tasks: Tasks
  readonly orders: FaultOrders
  readonly gates: Gates
  readonly callbacks: Callbacks
  readonly verbs: VerbSource
  readonly clock: Clock
  readonly ids: Ids
  /** Keys that are accepted; empty accepts any. */
  readonly keys: readonly string[]
  /** Models that are accepted; empty accepts any. */
  readonly models: readonly string[]
  readonly scenario: string
  readonly seed: number
  readonly render: RenderMode
  /** For providers that are told once and for all where to call back. */
  readonly callbackUrl: string | null
  /** Null: as much as anyone likes. */
  readonly limits: Limits | null
  /** Aborts when the simulator closes. */
  readonly signal: AbortSignal
}

type TaskPoint = 'poll' | 'look' | 'content' | 'cancel' | 'delete'
type AskRoute = PollRoute | LookRoute | ContentRoute

/** The server's behaviour behind every route but the control one. */
export class Service {
  readonly #options: ServiceOptions

  constructor(options: ServiceOptions) {
    this.#options = options
  }

  /** Decides the answer, and does to the tasks and the ledger what the request asks for. */
  async handle(route: Route, request: SimulatorRequest): Promise<Outcome> {
    const verbs = createVerbs(this.#options.verbs, request.headers.host)
    switch (route.kind) {
      case 'create':
        return createTask(this.#options, route, request, verbs)
      case 'poll':
      case 'look':
      case 'content':
        return this.#ask(route, request, verbs)
      case 'cancel':
      case 'delete':
        return this.#end(route, request, verbs)
      case 'list':
      case 'other':
        return this.#tell(route, request, verbs)
    }
  }

  unrouted(request: SimulatorRequest): Outcome {
    return plainOutcome(this.#options.dialect.unrouted(request), null)
  }

  /** Whether a fault strikes before anything else, or the key is refused; null when neither stops the request. */
  #barrier(route: Route, request: SimulatorRequest, task: Task | null, fault: Fault | null): Outcome | null {
    const point = route.kind
    if (fault !== null && !fault.accepted) {
      return { real: null, fault, point, task, script: task?.script ?? null }
    }
    const { dialect, keys, clock, limits } = this.#options
    if (route.needsKey === false) return null
    const access = accessOf(dialect, request, keys, clock.nowMs())
    if ('refused' in access) return plainOutcome(access.refused, point)
    if ((point !== 'poll' && point !== 'list') || limits?.takeLook(clock.nowMs()) !== false) return null
    const refusal = { status: 429, code: 'rate_limit_exceeded', message: 'Too many requests.' }
    return plainOutcome(dialect.error(refusal, request.path), point)
  }

  /** The task that a request is about, what stops the request if anything does, and the fault that goes on. */
  async #meet(
    route: AskRoute | EndRoute,
    request: SimulatorRequest,
    verbs: Verbs,
  ): Promise<{ stop: Outcome } | { task: Task; fault: Fault | null }> {
    const { dialect, gates, orders, tasks } = this.#options
    const point: TaskPoint = route.kind
    await gates.pass(point)
    const id = route.idOf?.(request, verbs) ?? request.params['id'] ?? ''
    const task = tasks.find(id) ?? null
    const taken = orders.take(point, task?.prompt ?? '')
    // What has no effect but to tell can be told in full before an id is left out of it.
    const ordered = taken?.name === 'noid' ? { ...taken, accepted: true } : taken
    const stop = this.#barrier(route, request, task, ordered)
    if (stop !== null) return { stop }
    if (task === null) {
      const missing = route.missing?.(id, request) ?? dialect.missing(id, request)
      return { stop: plainOutcome(missing, point) }
    }
    return { task, fault: ordered }
  }

  async #ask(route: AskRoute, request: SimulatorRequest, verbs: Verbs): Promise<Outcome> {
    const met = await this.#meet(route, request, verbs)
    if ('stop' in met) return met.stop
    if (route.kind === 'poll') return this.#poll(route, request, verbs, met)
    const { task, fault: ordered } = met
    const view = this.#options.tasks.view(task)
    const real = route.answer(view, verbs, request)
    // Faults of the bytes strike bytes only: what is said of a task that is not done is none.
    const counts = route.kind === 'look' || view.phase === 'done'
    const fault = ordered ?? (counts ? scriptedFault(task, route.kind) : null)
    return { real, fault, point: route.kind, task, script: task.script }
  }

  #poll(
    route: PollRoute,
    request: SimulatorRequest,
    verbs: Verbs,
    { task, fault: ordered }: { task: Task; fault: Fault | null },
  ): Outcome {
    const { dialect, tasks, callbacks } = this.#options
    const outcome = tasks.poll(task)
    const after = (): void => callbacks.moved(task)
    const fault = outcome.act === 'fault' ? outcome.fault : ordered
    const about = { fault, point: 'poll', task, script: task.script, after } as const
    if (outcome.act === 'missing') {
      return { ...about, real: route.missing?.(task.id, request) ?? dialect.missing(task.id, request) }
    }
    if (outcome.act === 'bare') {
      return { ...about, real: dialect.bare?.(task.id) ?? jsonAnswer(200, { request_id: task.id }) }
    }
    const view = outcome.act === 'step' ? outcome.view : tasks.view(task)
    return { ...about, real: route.answer(view, verbs, request) }
  }

  async #end(route: EndRoute, request: SimulatorRequest, verbs: Verbs): Promise<Outcome> {
    const met = await this.#meet(route, request, verbs)
    if ('stop' in met) return met.stop
    const { task } = met
    const point = route.kind
    const fault = met.fault ?? scriptedFault(task, point)
    if (fault !== null && !fault.accepted) return { real: null, fault, point, task, script: task.script }
    const view = this.#options.tasks.view(task)
    const effect = route.effect(view.phase)
    if (!task.script.ignoresCancel) this.#take(effect, view)
    const real = route.answer(view, effect, verbs, request)
    for (const other of route.others?.(request, verbs) ?? []) this.#takeOther(route, other)
    const after = (): void => this.#options.callbacks.moved(task)
    return { real, fault, point, task, script: task.script, after }
  }

  #takeOther(route: EndRoute, id: string): void {
    const { tasks, callbacks } = this.#options
    const task = tasks.find(id)
    if (task === undefined || task.script.ignoresCancel) return
    const view = tasks.view(task)
    this.#take(route.effect(view.phase), view)
    callbacks.moved(task)
  }

  #take(effect: EndEffect, { task }: TaskView): void {
    const { tasks } = this.#options
    switch (effect) {
      case 'cancels':
        return tasks.cancel(task, 0)
      case 'requests':
        return tasks.cancel(task, 1)
      case 'removes':
        return tasks.remove(task.id)
      case 'nothing':
        return
    }
  }

  async #tell(route: ListRoute | OtherRoute, request: SimulatorRequest, verbs: Verbs): Promise<Outcome> {
    const { gates, orders } = this.#options
    await gates.pass(route.kind)
    const fault = orders.take(route.kind, '', route.kind === 'other' ? route.role : undefined)
    const stop = this.#barrier(route, request, null, fault)
    if (stop !== null) return stop
    const real = await route.answer(verbs, request)
    return { real, fault, point: route.kind, task: null, script: null }
  }

  /** The file behind a link: signed, and served to anyone, unless the dialect's links want the key. */
  async link(request: SimulatorRequest): Promise<Outcome> {
    const { dialect, gates, orders, tasks, keys, clock } = this.#options
    await gates.pass('link')
    const id = request.params['id'] ?? ''
    const task = tasks.find(id) ?? null
    const ordered = orders.take('link', task?.prompt ?? '')
    const about = { point: 'link', task, script: task?.script ?? null } as const
    if (ordered !== null && !ordered.accepted) return { ...about, real: null, fault: ordered }
    if (dialect.results.needsKey) {
      const access = accessOf(dialect, request, keys, clock.nowMs())
      if ('refused' in access) return plainOutcome(access.refused, 'link')
    }
    if (task === null || tasks.view(task).phase !== 'done')
      return plainOutcome(storageError(404, 'NoSuchKey', 'The specified key does not exist.'), 'link')
    const wrong = linkFault(id, request.query, clock.nowMs())
    if (wrong === 'signature')
      return plainOutcome(storageError(403, 'SignatureDoesNotMatch', 'The signature does not match.'), 'link')
    if (wrong === 'expired')
      return plainOutcome(storageError(403, 'AccessDenied', 'Request has expired.'), 'link')
    const real = contentAnswer(clipOf(task.script.clip), request.headers.range)
    return { ...about, real, fault: ordered ?? scriptedFault(task, 'link') }
  }
}

/** The next scripted fault of a point, used up by asking for it. */
function scriptedFault(task: Task, point: 'look' | 'content' | 'link' | 'cancel' | 'delete'): Fault | null {
  const fault = faultAt(task.script.faults[point], task.uses[point])
  task.uses[point] += 1
  return fault
}

/** As object stores answer. */
function storageError(status: number, code: string, message: string): Answer {
  const text = `<?xml version="1.0" encoding="UTF-8"?><Error><Code>${code}</Code><Message>${message}</Message></Error>`
  return { status, headers: { 'content-type': 'application/xml' }, body: Buffer.from(text) }
}
