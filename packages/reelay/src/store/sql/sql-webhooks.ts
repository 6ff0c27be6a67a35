import type { Kysely } from 'kysely'
import type { Announcer } from './announcer.ts'
import { claimDeliveries } from './claim-deliveries.ts'
import { commitDelivery, releaseDeliveries } from './commit-delivery.ts'
import * as deliveries from './deliveries.ts'
import * as endpoints from './endpoints.ts'
import { addTestDelivery } from './outbox.ts'
import type { Tables } from './schema.ts'
import type * as Port from '../webhook-store.ts'
import type { Writer } from './writer.ts'

/** Bounds what one call sends again; the next call goes on. */
const RESEND_BATCHES_MAX = 10

type WebhookParts = {
  writer: Writer
  reader: Kysely<Tables>
  announcer: Announcer
}

/** The `WebhookStore` port over the verbs, the same for every database. */
export class SqlWebhooks implements Port.WebhookStore {
  readonly #writer: Writer
  readonly #reading: { db: Kysely<Tables> }
  readonly #announcer: Announcer

  constructor({ writer, reader, announcer }: WebhookParts) {
    this.#writer = writer
    this.#reading = { db: reader }
    this.#announcer = announcer
  }

  claimDeliveries(query: Port.DeliveryClaimQuery): Promise<Port.DeliveryBatch> {
    return this.#writer.write((transaction) => claimDeliveries(transaction, query))
  }

  commitDelivery(move: Port.DeliveryMove): Promise<boolean> {
    return this.#writer.write((transaction) => commitDelivery(transaction, move))
  }

  releaseDeliveries(
    claims: readonly Pick<Port.DeliveryClaim, 'owner' | 'fence' | 'delivery'>[],
  ): Promise<void> {
    return this.#writer.write((transaction) => releaseDeliveries(transaction, claims))
  }

  onDue(listener: () => void): () => void {
    return this.#announcer.onDue(listener)
  }

  createEndpoint(endpoint: Port.Endpoint, countMax: number): Promise<boolean> {
    return this.#writer.write((transaction) => endpoints.createEndpoint(transaction, endpoint, countMax))
  }

  findEndpoint(projectId: string, id: string): Promise<Port.Endpoint | undefined> {
    return endpoints.findEndpoint(this.#reading, projectId, id)
  }

  listEndpoints(projectId: string): Promise<readonly Port.Endpoint[]> {
    return endpoints.listEndpoints(this.#reading, projectId)
  }

  targetHealth(endpointId: string): Promise<Port.TargetHealth> {
    return endpoints.targetHealth(this.#reading, endpointId)
  }

  updateEndpoint(
    projectId: string,
    id: string,
    patch: Port.EndpointPatch,
  ): Promise<Port.Endpoint | undefined> {
    return this.#writer.write((transaction) => endpoints.updateEndpoint(transaction, projectId, id, patch))
  }

  deleteEndpoint(projectId: string, id: string): Promise<boolean> {
    return this.#writer.write((transaction) => endpoints.deleteEndpoint(transaction, projectId, id))
  }

  rotateEndpointSecret(
    projectId: string,
    id: string,
    rotation: Port.SecretRotation,
  ): Promise<readonly Port.SealedSecret[] | undefined> {
    return this.#writer.write((transaction) =>
      endpoints.rotateEndpointSecret(transaction, projectId, id, rotation),
    )
  }

  ensureProjectSecrets(projectId: string, initial: Port.SealedSecret): Promise<readonly Port.SealedSecret[]> {
    return this.#writer.write((transaction) =>
      endpoints.ensureProjectSecrets(transaction, projectId, initial),
    )
  }

  rotateProjectSecret(
    projectId: string,
    rotation: Port.SecretRotation,
  ): Promise<readonly Port.SealedSecret[]> {
    return this.#writer.write((transaction) =>
      endpoints.rotateProjectSecret(transaction, projectId, rotation),
    )
  }

  addTestDelivery(delivery: Port.Delivery): Promise<boolean> {
    return this.#writer.write((transaction) => addTestDelivery(transaction, delivery))
  }

  findDelivery(projectId: string, id: string): Promise<Port.Delivery | undefined> {
    return deliveries.findDelivery(this.#reading, projectId, id)
  }

  deliveryAttempts(deliveryId: string): Promise<readonly Port.DeliveryAttempt[]> {
    return deliveries.deliveryAttempts(this.#reading, deliveryId)
  }

  listDeliveries(query: Port.DeliveryQuery): Promise<Port.DeliveryPage> {
    return deliveries.listDeliveries(this.#reading, query)
  }

  resendDelivery(projectId: string, id: string): Promise<Port.Delivery | 'missing' | 'pending'> {
    return this.#writer.write((transaction) => deliveries.resendDelivery(transaction, projectId, id))
  }

  async resendFailed(query: Port.ResendQuery): Promise<number> {
    let resent = 0
    for (let batch = 0; batch < RESEND_BATCHES_MAX; batch += 1) {
      const count = await this.#writer.write((transaction) => deliveries.resendFailed(transaction, query))
      resent += count
      if (count < deliveries.RESENT_AT_ONCE) break
    }
    return resent
  }
}
