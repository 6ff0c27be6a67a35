import type { SignatureVerdict } from '../callbacks/signature-verdict.ts'
import type { CallbackOutcome, CommitOutcome } from '../store/store.ts'
import type { Delivery, DeliveryState } from '../store/webhook-store.ts'
import type { ArchiveFault } from '../task/decide-archive.ts'
import type { Submitted } from '../task/decide-submit.ts'
import type { Decision, Task } from '../task/task.ts'
import type { Verdict } from '../task/verdict.ts'
import type { Lap } from './stopwatch.ts'

/** An HTTP request that was answered. */
export type Answered = {
  method: string
  /** The pattern of the route, never the path; null when none matched. */
  route: string | null
  status: number
  durationMs: number
}

/** A task came to be. `traceparent`: the header of the request that made it. */
export type Created = { task: Task; origin: 'created' | 'adopted'; traceparent: string | null; lap: Lap }

/** The billable request was made, or was kept from leaving. */
export type SubmitSeen = { task: Task; account: string; outcome: Submitted['kind']; lap: Lap }

/** A look at a job. `unavailable`: the question could not be asked, or was not answered. */
export type LookSeen = {
  task: Task
  account: string
  outcome: Verdict['kind'] | 'unavailable'
  /** Clients see something else than before. */
  isNews: boolean
  lap: Lap
}

/** What the store made of a decision about the task `before`. */
export type MoveSeen = { before: Task; decision: Decision; account: string; outcome: CommitOutcome }

export type ArchiveOutcome = 'stored' | 'cancelled' | ArchiveFault['kind']

/** An output was fetched, or could not be. `bytes` of all videos that were stored. */
export type ArchiveSeen = { task: Task; account: string; outcome: ArchiveOutcome; bytes: number; lap: Lap }

/** One attempt of a webhook. `lost`: it was taken over or cancelled while it was sent. */
export type DeliverySeen = {
  delivery: Pick<Delivery, 'taskId' | 'type' | 'createdAtMs'>
  outcome: DeliveryState | 'lost'
  /** HTTP status; null when there was no answer. */
  status: number | null
  /** What `traceparentOf` gave for it. */
  traceparent: string | null
  lap: Lap
}

/** `unkept`: it was answered and not kept, as a challenge is. */
export type CallbackSeen = {
  account: string
  verdict: SignatureVerdict
  outcome: CallbackOutcome | 'unkept'
}

/** Is told what happens, as plain facts. It answers at once and never throws: nothing waits for it or depends on it. */
export interface Observer {
  answered(request: Answered): void
  created(creation: Created): void
  submitted(submit: SubmitSeen): void
  looked(look: LookSeen): void
  moved(move: MoveSeen): void
  archived(archive: ArchiveSeen): void
  delivered(delivery: DeliverySeen): void
  calledBack(callback: CallbackSeen): void
  /** Another process took over a task that this one was working on. */
  leaseLost(): void
  /** The W3C header of a request about a task that is about to leave; null: none is sent. */
  traceparentOf(taskId: string): string | null
}

const nothing = (): void => {}

/** Where nobody watches. */
export const silentObserver: Observer = {
  answered: nothing,
  created: nothing,
  submitted: nothing,
  looked: nothing,
  moved: nothing,
  archived: nothing,
  delivered: nothing,
  calledBack: nothing,
  leaseLost: nothing,
  traceparentOf: () => null,
}

/** Tells both. The first one that has a `traceparent` gives it. */
export const bothObservers = (first: Observer, second: Observer): Observer => ({
  answered: (request) => (first.answered(request), second.answered(request)),
  created: (creation) => (first.created(creation), second.created(creation)),
  submitted: (submit) => (first.submitted(submit), second.submitted(submit)),
  looked: (look) => (first.looked(look), second.looked(look)),
  moved: (move) => (first.moved(move), second.moved(move)),
  archived: (archive) => (first.archived(archive), second.archived(archive)),
  delivered: (delivery) => (first.delivered(delivery), second.delivered(delivery)),
  calledBack: (callback) => (first.calledBack(callback), second.calledBack(callback)),
  leaseLost: () => (first.leaseLost(), second.leaseLost()),
  traceparentOf: (taskId) => first.traceparentOf(taskId) ?? second.traceparentOf(taskId),
})
