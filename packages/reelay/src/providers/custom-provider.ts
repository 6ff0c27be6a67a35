import type { Provider } from './provider.ts'
import type { ProviderParts } from './registry.ts'

/** What a provider of one's own is built with. */
export type CustomProviderParts = Pick<ProviderParts, 'guarded' | 'clock' | 'ids' | 'log' | 'dataDir'>

/** A provider of one's own, as an account of the given name. */
export type CustomProvider = {
  /** How tasks refer to it, so it must not change while tasks are under way. */
  name: string
  provider: Provider | ((parts: CustomProviderParts) => Provider | Promise<Provider>)
}
