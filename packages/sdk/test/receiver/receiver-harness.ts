import { setImmediate } from 'node:timers/promises'
import { createReceiver } from '../../src/receiver/create-receiver.ts'
import { createMemoryStore } from '../../src/receiver/memory-store.ts'
import type { ReceiverError } from '../../src/receiver/receiver-error.ts'
import type { ReceiverStore } from '../../src/receiver/receiver-store.ts'
import type {
  EventContext,
  Receiver,
  ReceiverOptions,
  ReceiverResponse,
} from '../../src/receiver/receiver.ts'
import type { VideoEvent } from '../../src/receiver/video-event.ts'
import type { VideoStatus } from '../../src/wire.ts'
import { json, task } from '../fake-fetch.ts'
import { testClient, type TestClient } from '../test-client.ts'
import { SECRET, signWebhook, type SignOptions } from './sign-webhook.ts'
import { eventId, webhookBody, type BodyOptions } from './webhook-body.ts'

export type ReceiverHarness = TestClient & {
  receiver: Receiver
  store: ReceiverStore
  /** What the application was shown, as `type taskId`. */
  shown: string[]
  events: VideoEvent[]
  contexts: EventContext[]
  errors: ReceiverError[]
  /** What the server answers; a task that is not here is unknown to it. */
  tasks: Map<string, Record<string, unknown>>
  setTask(id: string, status: VideoStatus, fields?: Record<string, unknown>): void
  /** Looks at tasks that the server was asked for. */
  asked(): string[]
  sendSigned(options?: BodyOptions & { id?: string }, sign?: SignOptions): Promise<ReceiverResponse>
  sendUnsigned(body: unknown): Promise<ReceiverResponse>
  /** Everything that is due is done. */
  settle(): Promise<void>
  /** Time passes in small steps, with all work done at each. */
  pass(ms: number): Promise<void>
}

export type HarnessOptions = Partial<ReceiverOptions> & {
  signed?: boolean
  withClient?: boolean
  /** Of an earlier harness, for a restart. */
  before?: ReceiverHarness
}

const STEP_MS = 250

/** A receiver over a fake server, a store and a clock that stands still. */
export function receiverHarness(options: HarnessOptions = {}): ReceiverHarness {
  const { signed = true, withClient = true, before, onEvent, ...rest } = options
  const tasks = before?.tasks ?? new Map<string, Record<string, unknown>>()
  const server = testClient(
    ({ url }) => {
      const id = decodeURIComponent(url.pathname.split('/').at(-1) ?? '')
      const found = tasks.get(id)
      return found === undefined ? json({ error: { message: 'No such video' } }, 404) : json(found)
    },
    { maxRetries: 0, ...(before === undefined ? {} : { clock: before.clock }) },
  )
  const clock = before?.clock ?? server.clock
  const store = rest.store ?? before?.store ?? createMemoryStore()
  const events: VideoEvent[] = []
  const contexts: EventContext[] = []
  const shown: string[] = []
  const errors: ReceiverError[] = []
  const receiver = createReceiver({
    onError: (error) => void errors.push(error),
    ...(signed ? { secret: SECRET } : {}),
    ...(withClient ? { client: server.client } : {}),
    clock,
    ...rest,
    store,
    onEvent: async (event, context) => {
      await onEvent?.(event, context)
      events.push(event)
      contexts.push(context)
      shown.push(`${event.type} ${event.taskId ?? event.id}`)
    },
  })
  const settle = async (): Promise<void> => {
    for (let turn = 0; turn < 10; turn += 1) {
      await setImmediate()
      await receiver.idle()
    }
  }
  return {
    ...server,
    clock,
    receiver,
    store,
    shown,
    events,
    contexts,
    errors,
    tasks,
    settle,
    setTask: (id, status, fields = {}) => void tasks.set(id, task({ id, status, ...fields })),
    asked: () => server.fetch.sent.map(({ url }) => url.pathname.split('/').at(-1) ?? ''),
    sendSigned: (body = {}, sign = {}) => {
      const text = webhookBody(body)
      const id = body.id ?? eventId(body.taskId ?? 'video_1', body.status ?? 'completed')
      const headers = signWebhook(text, { id, nowMs: clock.nowMs(), ...sign })
      return receiver.handle({ method: 'POST', headers, body: Buffer.from(text) })
    },
    sendUnsigned: (body) => {
      const text = typeof body === 'string' ? body : JSON.stringify(body)
      return receiver.handle({ method: 'POST', headers: {}, body: Buffer.from(text) })
    },
    pass: async (ms) => {
      for (let passedMs = 0; passedMs < ms; passedMs += STEP_MS) {
        clock.advance(Math.min(STEP_MS, ms - passedMs))
        await settle()
      }
    },
  }
}
