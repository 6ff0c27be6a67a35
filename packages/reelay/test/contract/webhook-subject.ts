import type { Move } from '../../src/store/store.ts'
import type {
  Delivery,
  DeliveryClaim,
  DeliveryClaimQuery,
  DeliveryMove,
  DeliveryState,
  Endpoint,
  SealedSecret,
} from '../../src/store/webhook-store.ts'
import { TestClock } from '../../src/system/test-clock.ts'
import type { Task } from '../../src/task/task.ts'
import type { TaskState } from '../../src/task/state.ts'
import { TERMINAL_EVENT_TYPES, VIDEO_EVENT_TYPES } from '../../src/task/video-event.ts'
import { StoreSubject, type OpenStore } from './store-subject.ts'

export const DELIVERY_LEASE_MS = 60_000
export const PAUSE_MS = 5_000

/** No project is alone: shares of none are felt. */
export const UNSHARED: Pick<DeliveryClaimQuery, 'failingLimit' | 'projectLimits' | 'underWay'> = {
  failingLimit: 1_000,
  projectLimits: { all: 1_000, failing: 1_000 },
  underWay: new Map(),
}

export const sealed = (name: string, expiresAtMs: number | null = null): SealedSecret => ({
  sealed: name,
  createdAtMs: 1,
  expiresAtMs,
})

/** What a claim's holder writes back; the attempt is that of an answer 500 unless it says otherwise. */
type Writing = Partial<Omit<DeliveryMove, 'claim' | 'attempt'>> & {
  attempt?: Partial<DeliveryMove['attempt']>
}

/** A store under test with the short cuts that the cases of the outbox need. */
export class WebhookSubject extends StoreSubject {
  static override async open(open: OpenStore): Promise<WebhookSubject> {
    const clock = new TestClock()
    return new WebhookSubject(clock, await open(clock))
  }

  /** Wants every event unless the patch says otherwise. */
  async endpoint(id: string, patch: Partial<Endpoint> = {}): Promise<Endpoint> {
    const endpoint: Endpoint = {
      id,
      projectId: 'default',
      url: `https://${id.replaceAll('_', '-')}.test/hook`,
      description: null,
      events: VIDEO_EVENT_TYPES,
      payload: 'full',
      secrets: [sealed(`secret of ${id}`)],
      disabledReason: null,
      createdAtMs: this.clock.nowMs(),
      ...patch,
    }
    await this.store.webhooks.createEndpoint(endpoint, Infinity)
    return endpoint
  }

  readonly onlyLast: Partial<Endpoint> = { events: TERMINAL_EVENT_TYPES }

  /** A delivery that belongs to no task, due now. */
  async add(id: string, endpoint: Endpoint, patch: Partial<Delivery> = {}): Promise<Delivery> {
    const nowMs = this.clock.nowMs()
    const delivery: Delivery = {
      id,
      projectId: endpoint.projectId,
      taskId: null,
      endpointId: endpoint.id,
      eventId: `evt_${id}`,
      type: 'webhook.test',
      sequence: 0,
      url: endpoint.url,
      state: 'pending',
      attempts: 0,
      step: 0,
      dueAtMs: nowMs,
      createdAtMs: nowMs,
      endedAtMs: null,
      snapshot: null,
      ...patch,
    }
    if (!(await this.store.webhooks.addTestDelivery(delivery))) throw new Error('its endpoint takes nothing')
    return delivery
  }

  async take(query: Partial<DeliveryClaimQuery> = {}): Promise<readonly DeliveryClaim[]> {
    const whole = { owner: 'w1', limit: 64, ...UNSHARED, leaseMs: DELIVERY_LEASE_MS, ...query }
    return (await this.store.webhooks.claimDeliveries(whole)).claims
  }

  async takeOne(query: Partial<DeliveryClaimQuery> = {}): Promise<DeliveryClaim> {
    const claims = await this.take(query)
    if (claims.length !== 1) throw new Error(`${claims.length} deliveries are due, not one`)
    return claims[0]!
  }

  write(claim: DeliveryClaim, { attempt = {}, ...decision }: Writing = {}): Promise<boolean> {
    const nowMs = this.clock.nowMs()
    const worked = decision.state === 'delivered'
    return this.store.webhooks.commitDelivery({
      state: 'pending',
      dueAtMs: nowMs + PAUSE_MS,
      step: claim.delivery.step + 1,
      target: { worked, pauseMs: PAUSE_MS },
      disable: null,
      lifetimeMs: 100 * 24 * 3_600_000,
      ...decision,
      claim,
      attempt: { atMs: nowMs, latencyMs: 12, status: 500, error: 'no', responseBody: 'busy', ...attempt },
    })
  }

  /** Leases what is due and writes it back as failed, until an address has failed so often in a row. */
  async failAddress(endpoint: Endpoint, times: number): Promise<void> {
    for (let index = 0; index < times; index += 1) {
      await this.add(`fail-${endpoint.id}-${index}`, endpoint)
      const { openUntilMs } = await this.store.webhooks.targetHealth(endpoint.id)
      this.clock.advance(Math.max(0, (openUntilMs ?? 0) - this.clock.nowMs()))
      const [claim] = await this.take()
      if (claim === undefined) throw new Error('nothing is due')
      await this.write(claim, { state: 'exhausted' })
    }
  }

  /** Moves a task that is due one state on. */
  async step(id: string, to: TaskState, patch: Partial<Move> = {}): Promise<Task> {
    const claims = await this.claim()
    await this.store.release(claims.filter(({ taskId }) => taskId !== id))
    const claim = claims.find(({ taskId }) => taskId === id)
    if (claim === undefined) throw new Error(`${id} is not due`)
    const isLast = to === 'completed' || to === 'failed' || to === 'error'
    const move = this.move(claim, to, { ...(isLast ? { dueAtMs: null } : {}), ...patch })
    const outcome = await this.store.commit(move)
    if (outcome.kind !== 'committed') throw new Error(`not committed: ${outcome.kind}`)
    return outcome.task
  }

  async rows(projectId = 'default'): Promise<readonly Delivery[]> {
    const all = { projectId, limit: 5_000, after: null, taskId: null, endpointId: null, state: null }
    return (await this.store.webhooks.listDeliveries(all)).deliveries
  }

  /** `address event` of all there is, in order. */
  async outbox(projectId = 'default'): Promise<readonly string[]> {
    const rows = await this.rows(projectId)
    return rows.map(({ endpointId, type }) => `${endpointId ?? 'callback'} ${type}`).toSorted()
  }

  async state(id: string): Promise<DeliveryState> {
    const row = await this.store.webhooks.findDelivery('default', id)
    if (row === undefined) throw new Error(`no delivery ${id}`)
    return row.state
  }
}
