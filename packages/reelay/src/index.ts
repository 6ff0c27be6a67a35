export { createReelay } from './compose.ts'
export type { Overrides, Reelay } from './compose.ts'
export { ConfigError, loadConfig } from './config.ts'
export type { AccountConfig, Config, Environment } from './config.ts'
