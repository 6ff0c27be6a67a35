export { createReelay } from './compose.ts'
export type { Overrides, Reelay } from './compose.ts'
export { defineConfig } from './config-file/config-file.ts'
export type { ConfigFile, ConfiguredAccount } from './config-file/config-file.ts'
export { ConfigError, loadConfig } from './config.ts'
export type { AccountConfig, Config, Environment } from './config.ts'
export { aiSdk } from './providers/ai-sdk/ai-sdk.ts'
export type { AiSdkModel, AiSdkModelFactory, AiSdkOptions } from './providers/ai-sdk/options.ts'
export type { VideoModelV4 } from './providers/ai-sdk/video-model.ts'
export type { AiSdkMeaning, AiSdkTable } from './providers/ai-sdk/word-table.ts'
export type { CustomProvider, CustomProviderParts } from './providers/custom-provider.ts'
export { OutputGone, OutputUnavailable, ProbeUnavailable, SubmitUnknown } from './providers/provider.ts'
export type {
  CallbackReading,
  CredentialCheck,
  InputFile,
  JobHints,
  OpenedOutput,
  Pacing,
  Provider,
  RawCallback,
  StartRequest,
  Traits,
} from './providers/provider.ts'
export type { ProviderModel } from './task/capabilities.ts'
export type { TaskInput, VideoRequest } from './task/request.ts'
export type { Timing } from './task/schedule.ts'
export type {
  Operation,
  Output,
  ProviderFailure,
  RejectionCode,
  StartOutcome,
  Verdict,
} from './task/verdict.ts'
