import type { ModelCapabilities, ModelPrice } from '@reelay/sdk'

/** One model of one provider, as its catalog names it: data, published by `GET /v1/models`, checked before a task is queued. */
export type ProviderModel = {
  id: string
  /** Null when the provider does not describe the model: requests pass unvalidated. */
  capabilities: ModelCapabilities | null
  /** Null when the provider publishes none. */
  price: ModelPrice | null
}
