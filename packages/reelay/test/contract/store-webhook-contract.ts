import { storeDeliveryContract } from './store-delivery-contract.ts'
import { storeEndpointContract } from './store-endpoint-contract.ts'
import { storeOutboxContract } from './store-outbox-contract.ts'
import type { OpenStore } from './store-subject.ts'

/** The outbox, its addresses, and what is sent to them. */
export function storeWebhookContract(open: OpenStore): void {
  storeOutboxContract(open)
  storeDeliveryContract(open)
  storeEndpointContract(open)
}
