import type { Task } from '../task/task.ts'
import type { TaskSnapshot, VideoEventType } from '../task/video-event.ts'

/** `webhook.test` is what a person sends to see whether an endpoint works. */
export type WebhookEventType = VideoEventType | 'webhook.test'

/** A signing secret as the database holds it: encrypted. */
export type SealedSecret = {
  sealed: string
  createdAtMs: number
  /** Signs until then, next to its successor; null: until it is rotated. */
  expiresAtMs: number | null
}

export type WebhookPayload = 'full' | 'thin'

/** Why an endpoint gets nothing: a person's wish, its own answer 410, or days of nothing but failures. */
export type DisabledReason = 'manual' | 'gone' | 'failing'

/** An address of a project that wants to hear of events. */
export type Endpoint = {
  id: string
  projectId: string
  url: string
  description: string | null
  events: readonly VideoEventType[]
  payload: WebhookPayload
  /** The newest first. */
  secrets: readonly SealedSecret[]
  /** Null: enabled. */
  disabledReason: DisabledReason | null
  createdAtMs: number
}

/** How an address fares: shared by all deliveries to it. */
export type TargetHealth = {
  /** Failed attempts since the last that worked. */
  failures: number
  failingSinceMs: number | null
  /** Nothing is sent before then: the circuit is open. */
  openUntilMs: number | null
}

export type DeliveryState = 'pending' | 'delivered' | 'exhausted' | 'cancelled'

/** One event on its way to one address: a row of the outbox. */
export type Delivery = {
  id: string
  projectId: string
  /** Null for a test event. */
  taskId: string | null
  /** Null when it goes to the task's own `callback_url`. */
  endpointId: string | null
  eventId: string
  type: WebhookEventType
  sequence: number
  url: string
  state: DeliveryState
  /** Attempts made in all. */
  attempts: number
  /** Steps of the schedule used since it was (re)started. */
  step: number
  dueAtMs: number
  createdAtMs: number
  endedAtMs: number | null
  snapshot: TaskSnapshot | null
}

/** One request that was made, and what came of it. */
export type DeliveryAttempt = {
  n: number
  atMs: number
  latencyMs: number
  /** HTTP status; null when there was no answer. */
  status: number | null
  /** Why it counts as failed, in a sentence; null when it was delivered. */
  error: string | null
  /** The beginning of the answer's body, as text. */
  responseBody: string | null
}

export type DeliveryClaim = {
  delivery: Delivery
  owner: string
  fence: number
  /** Null for a `callback_url`. */
  endpoint: Endpoint | null
  /** Null for a test event. */
  task: Task | null
  /** Its address has failed since it last worked. */
  failing: boolean
  /** What signs it: the endpoint's, or the project's. Empty when the project has none yet. */
  secrets: readonly SealedSecret[]
}

export type DeliveryClaimQuery = {
  owner: string
  limit: number
  /** At most so many of them go to addresses that have failed since they last worked. */
  failingLimit: number
  /** The same for each project by itself, with what it has under way already: none can use up the places of others. */
  projectLimits: { all: number; failing: number }
  underWay: ReadonlyMap<string, { all: number; failing: number }>
  leaseMs: number
}

export type DeliveryBatch = {
  claims: readonly DeliveryClaim[]
  /** Due deliveries whose rows cannot be read: leased, so that others come up. */
  unreadable: readonly string[]
  /** When something may be due next; null when nothing is pending. */
  nextDueAtMs: number | null
}

/** What an attempt leads to: plain data, decided by webhooks/decide-delivery.ts. */
export type DeliveryDecision = {
  state: DeliveryState
  /** Of a pending one. */
  dueAtMs: number
  step: number
  /** For the record of the address, which is shared by all that goes there (webhooks/circuit.ts); null: no request was made. */
  target: { worked: boolean; pauseMs: number } | null
  /** Disables the endpoint and cancels what else waits for it. */
  disable: DisabledReason | null
  /** Whatever waits for the address longer than this, in milliseconds, ends as exhausted when an attempt there fails. */
  lifetimeMs: number
}

export type DeliveryMove = DeliveryDecision & {
  claim: Pick<DeliveryClaim, 'owner' | 'fence' | 'delivery'>
  attempt: Omit<DeliveryAttempt, 'n'>
}

export type EndpointPatch = Partial<
  Pick<Endpoint, 'url' | 'description' | 'events' | 'payload' | 'disabledReason'>
>

export type DeliveryQuery = {
  projectId: string
  limit: number
  /** Id of the last one of the page before; pages go from the newest to the oldest. */
  after: string | null
  taskId: string | null
  endpointId: string | null
  state: DeliveryState | null
}

export type DeliveryPage = { deliveries: readonly Delivery[]; hasMore: boolean }

/** Which failed deliveries are sent again. Times are epoch milliseconds; `since` compares with their creation. */
export type ResendQuery = { projectId: string; endpointId: string | null; sinceMs: number }

/**
 * The outbox and its addresses. The rows themselves are written by `Store.insertTask` and `Store.commit`, in the
 * transaction that changes the task. Writes throw `StoreUnavailable`.
 */
export interface WebhookStore {
  /** Leases due deliveries, a few per address, so that no address can hold up another. */
  claimDeliveries(query: DeliveryClaimQuery): Promise<DeliveryBatch>
  /** Writes an attempt and what follows from it. False when the lease was lost: nothing was written. */
  commitDelivery(move: DeliveryMove): Promise<boolean>
  /** Gives claims back untouched: they are due at once. */
  releaseDeliveries(claims: readonly Pick<DeliveryClaim, 'owner' | 'fence' | 'delivery'>[]): Promise<void>
  /** Called after a commit that made a delivery due. */
  onDue(listener: () => void): () => void

  /** False when its project has so many already: nothing was added. */
  createEndpoint(endpoint: Endpoint, countMax: number): Promise<boolean>
  /** Undefined for a missing or foreign id. */
  findEndpoint(projectId: string, id: string): Promise<Endpoint | undefined>
  listEndpoints(projectId: string): Promise<readonly Endpoint[]>
  /** How its address fares. */
  targetHealth(endpointId: string): Promise<TargetHealth>
  /** Undefined for a missing or foreign id. A new URL, or enabling it, starts with a clean record. */
  updateEndpoint(projectId: string, id: string, patch: EndpointPatch): Promise<Endpoint | undefined>
  /** Cancels what waits for it. False for a missing or foreign id. */
  deleteEndpoint(projectId: string, id: string): Promise<boolean>
  /** Puts a new secret first; the ones before it sign until `expireAtMs`. Undefined for a missing or foreign id. */
  rotateEndpointSecret(
    projectId: string,
    id: string,
    rotation: SecretRotation,
  ): Promise<readonly SealedSecret[] | undefined>
  /** The secrets that sign a project's `callback_url` deliveries; `initial` is stored when it has none yet. */
  ensureProjectSecrets(projectId: string, initial: SealedSecret): Promise<readonly SealedSecret[]>
  rotateProjectSecret(projectId: string, rotation: SecretRotation): Promise<readonly SealedSecret[]>

  /** A delivery that belongs to no task. False when its endpoint is gone or disabled: nothing is sent then. */
  addTestDelivery(delivery: Delivery): Promise<boolean>
  findDelivery(projectId: string, id: string): Promise<Delivery | undefined>
  deliveryAttempts(deliveryId: string): Promise<readonly DeliveryAttempt[]>
  listDeliveries(query: DeliveryQuery): Promise<DeliveryPage>
  /** Starts the schedule of an ended delivery again. `missing` also where its endpoint was deleted or is disabled. */
  resendDelivery(projectId: string, id: string): Promise<Delivery | 'missing' | 'pending'>
  /** The same for all that failed (`exhausted` and `cancelled`) and have somewhere to go. Answers how many. */
  resendFailed(query: ResendQuery): Promise<number>
}

export type SecretRotation = { secret: SealedSecret; expireAtMs: number; liveMax: number }
