import type { ModelCapabilities, ModelPrice } from '@reelay/sdk'

/**
 * How input files reach a provider. `url`: it fetches them by signed links, so it must be able to reach this gateway.
 */
export type InputWay = 'upload' | 'data_uri' | 'url' | 'local'

/** One model of one provider, as its catalog names it: data, published by `GET /v1/models`, checked before a task is queued. */
export type ProviderModel = {
  id: string
  /** Null when the provider does not describe the model: requests pass unvalidated. */
  capabilities: ModelCapabilities | null
  /** Null when the provider publishes none. */
  price: ModelPrice | null
  /** Where this model's files go another way than those of the provider's others. */
  inputs?: InputWay
}
