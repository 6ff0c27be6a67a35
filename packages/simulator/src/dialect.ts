import type { Answer } from './answer.ts'
import type { Auth } from './auth.ts'
import type { CallbackRules } from './callback-rules.ts'
import type { Ids } from './ids.ts'
import type { LimitRules } from './limits.ts'
import type { Phase } from './phase.ts'
import type { RenderTime } from './render-time.ts'
import type { SimulatorRequest } from './request.ts'
import type { TaskView } from './task.ts'
import type { Verbs } from './verbs.ts'

/** What the service wants to know of a create, wherever the dialect's body has it. Empty where it says nothing. */
export interface Wish {
  /** Markers are read from it. */
  readonly prompt: string
  /** Empty: the dialect's default. */
  readonly model: string
  /** The client's own token for this job. */
  readonly clientToken?: string | null
  /** The finished task that this one changes, extends or repeats. */
  readonly parentId?: string | null
}

type Method = 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE'

interface RouteBase {
  readonly method: Method
  /** Matched against the path without its query, whole. Named groups become `request.params`, decoded. */
  readonly path: RegExp
  /** False: anyone may ask, with any key or none. Default true. */
  readonly needsKey?: boolean
}

interface TaskRoute extends RouteBase {
  /** The id that the request is about. Default: the path's group `id`. Look it up with the verbs if it is another name. */
  idOf?(request: SimulatorRequest, verbs: Verbs): string
  /** Answers an unknown id here. Default: the dialect's `missing`. */
  missing?(id: string, request: SimulatorRequest): Answer
}

/** Makes a task: what a provider bills. It goes to the ledger before its answer leaves. */
export interface CreateRoute extends RouteBase {
  readonly kind: 'create'
  /** Never throws: what is absent is empty. */
  read(request: SimulatorRequest): Wish
  /** Why the provider would not accept this, in its own words; null when it does. `request.broken` is one reason. */
  refuse(request: SimulatorRequest, verbs: Verbs): Answer | null
  /** The answer once the task is there. `view` is waiting, or at its end where the route waits for it. */
  answer(view: TaskView, verbs: Verbs, request: SimulatorRequest): Answer
  /**
   * Where the answer comes with the result: the service waits for the task's end first. A function says for how many
   * milliseconds this request wants to wait at the most; 0: not at all.
   */
  readonly waits?: boolean | ((request: SimulatorRequest) => number)
}

/** Asks how a task is doing: each request is one step of a script that goes by polls. */
export interface PollRoute extends TaskRoute {
  readonly kind: 'poll'
  answer(view: TaskView, verbs: Verbs, request: SimulatorRequest): Answer
}

/** Reads a task without moving it: the second step to a result, a queue, a log. */
export interface LookRoute extends TaskRoute {
  readonly kind: 'look'
  answer(view: TaskView, verbs: Verbs, request: SimulatorRequest): Answer
}

/** The bytes behind the key: `verbs.file(view, request)`, once the task is done. */
export interface ContentRoute extends TaskRoute {
  readonly kind: 'content'
  answer(view: TaskView, verbs: Verbs, request: SimulatorRequest): Answer
}

/**
 * What a cancel or a delete does to a task in a phase. `cancels`: it ends as cancelled. `removes`: its id is unknown from
 * now on. `requests`: it will be cancelled, and the next look does not show it yet. `nothing`: too late, or never.
 */
export type EndEffect = 'cancels' | 'removes' | 'requests' | 'nothing'

export interface EndRoute extends TaskRoute {
  readonly kind: 'cancel' | 'delete'
  /** The further tasks that the same request is about; each meets the effect of its own phase. */
  others?(request: SimulatorRequest, verbs: Verbs): readonly string[]
  effect(phase: Phase): EndEffect
  /** `view` is the task as it was before. */
  answer(view: TaskView, effect: EndEffect, verbs: Verbs, request: SimulatorRequest): Answer
}

/** Tells of many tasks; `verbs.tasks()` has them, the oldest first. */
export interface ListRoute extends RouteBase {
  readonly kind: 'list'
  answer(verbs: Verbs, request: SimulatorRequest): Answer
}

/** Everything else: models, accounts, key sets, uploads. Only faults that are ordered for `other` strike here. */
export interface OtherRoute extends RouteBase {
  readonly kind: 'other'
  /** `keys`: the provider's public keys, which callback faults spoil. */
  readonly role?: 'keys'
  answer(verbs: Verbs, request: SimulatorRequest): Answer | Promise<Answer>
}

/** Tried in order; the first that matches answers. HEAD is answered by the route for GET. */
export type Route = CreateRoute | PollRoute | LookRoute | ContentRoute | EndRoute | ListRoute | OtherRoute

/** Where the result of a task is, for dialects that give a link (`verbs.link(view)`). */
export interface ResultRules {
  /** `other`: on the second port of the same simulator, which must never see a key. */
  readonly origin: 'own' | 'other'
  /** Links die so long after the task's end; null: never. `[up:link-ttl=…]` says it for one task. */
  readonly ttlMs: number | null
  /** Each poll gives a link that lives anew. */
  readonly refreshes: boolean
  /** The link answers only with the key. */
  readonly needsKey: boolean
}

export const PLAIN_RESULTS: ResultRules = { origin: 'own', ttlMs: null, refreshes: false, needsKey: false }

/** An error that the service wants said: the dialect says it in its envelope. */
export interface Refusal {
  readonly status: number
  /** One of the plain codes below, or the word of `[up:failed-code=…]`. */
  readonly code: string
  readonly message: string
}

/** What to make an id of. */
export interface NewId {
  readonly ids: Ids
  readonly nowMs: number
  readonly model: string
  /** The path that the create was sent to. */
  readonly path: string
  /** What its body said: some let the client choose. */
  readonly fields: Readonly<Record<string, unknown>>
}

/** How one provider speaks. It is data, and functions that only shape answers: none of them changes a task. */
export interface Dialect {
  /** Lower case; the folder's name, and what `--dialect` takes. */
  readonly name: string
  /** The provider and its protocol, for people. */
  readonly title: string
  /** The settings that point Reelay at a simulator of this dialect. */
  environment(url: string, key: string): Readonly<Record<string, string>>
  readonly auth: Auth
  /** Every body but a multipart one is read as JSON, whatever its label says. */
  readonly ignoresLabels?: boolean
  /** What the model list tells. */
  readonly models: readonly string[]
  readonly modelDefault: string
  readonly routes: readonly Route[]
  newId(seed: NewId): string
  /** The keys of its answers that name a task, at any depth: the fault `noid` leaves them out. */
  readonly idKeys: readonly string[]
  readonly results: ResultRules
  /** Render times by model, `default` for the rest. Default: a median of 75 s. */
  readonly renderTimes?: Readonly<Record<string, RenderTime>>
  /**
   * What a second create with the same client token does: `same-task` answers the first task again and bills nothing,
   * `by-marker` does so for prompts with `[up:idempotent]` only, `new-task` pays no heed.
   */
  readonly repeats: 'same-task' | 'by-marker' | 'new-task'
  readonly callback?: CallbackRules
  /** What it lets an account ask for; tests want to be faster, so it counts only when the simulator is told so. */
  readonly limits?: LimitRules
  /**
   * The error envelope. For a 4xx the status may be another, as with errors inside HTTP 200; a fault that is ordered as
   * a status keeps that status whatever this says. `path` is that of the request, for those whose routes differ in it.
   */
  error(refusal: Refusal, path: string): Answer
  missing(id: string, request: SimulatorRequest): Answer
  /** The result of a task that is not done, and the change of one. */
  notReady(view: TaskView): Answer
  /** A path that the provider does not route. */
  unrouted(request: SimulatorRequest): Answer
  /** The answer to a poll that names the task and says nothing else (`[up:bare]`). Default: `{request_id}`. */
  bare?(id: string): Answer
}
