import type { CustomProvider } from '../custom-provider.ts'
import type { AiSdkOptions } from './options.ts'

/** Models of the AI SDK as an account of their own, for `providers` of the configuration file. */
export const aiSdk = (options: AiSdkOptions): CustomProvider => ({
  name: options.name,
  // Loaded only where it is used.
  provider: async (parts) => (await import('./index.ts')).createAiSdk(options, parts),
})
