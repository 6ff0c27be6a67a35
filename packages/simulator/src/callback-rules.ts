import type { Phase } from './phase.ts'
import type { SimulatorRequest } from './request.ts'
import type { Secrets } from './secrets.ts'
import type { Task, TaskView } from './task.ts'
import type { Verbs } from './verbs.ts'

/** One callback about to leave, for its signature. */
export interface Outgoing {
  /** The same at each retry. */
  readonly id: string
  /** From 1. */
  readonly attempt: number
  /** The time to sign; old where a fault wants a replay. */
  readonly timestampMs: number
  readonly url: URL
  /** The bytes to sign. */
  readonly body: Buffer
  readonly taskId: string
  /** The key that the task was made with. */
  readonly apiKey: string
  /** What its create said, where that decides how callbacks are signed. */
  readonly fields: Readonly<Record<string, unknown>>
  /** Sign with `secrets` and with `secrets.previous`, if the scheme has room for two: keys are being changed. */
  readonly isRotating: boolean
}

/** How a provider calls back. */
export interface CallbackRules {
  /**
   * Where this create wants to be called; null: nowhere. `account` is what the simulator was started with
   * (`callbackUrl`), for providers that are told once and for all.
   */
  target(request: SimulatorRequest, account: string | null): string | null
  /** The phases that it tells of, each once. */
  readonly events: readonly Phase[]
  /** Whether this task's create asked for the event. Default: it asks for all of them. */
  wants?(task: Task, phase: Phase): boolean
  /** What is sent as JSON. */
  body(view: TaskView, verbs: Verbs): unknown
  /** Headers beside `content-type`. Absent: nobody signs. */
  sign?(outgoing: Outgoing, secrets: Secrets): Readonly<Record<string, string>>
  readonly retry: {
    /** Pauses before the second try, the third, … */
    readonly delaysMs: readonly number[]
    readonly timeoutMs: number
    /** Whether an answer ends the tries. */
    accepts(status: number, body: string): boolean
    /** The phases whose callbacks are tried again; default all. */
    readonly phases?: readonly Phase[]
  }
  /** Sent first; without the right answer in time nothing is ever sent for this task. */
  readonly handshake?: {
    body(challenge: string): unknown
    accepts(status: number, body: string, challenge: string): boolean
    readonly timeoutMs: number
  }
}

export const is2xx = (status: number): boolean => status >= 200 && status < 300
