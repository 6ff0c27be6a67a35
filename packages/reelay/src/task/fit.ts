import type { ModelCapabilities } from '@reelay/sdk'

export type Normalize = 'none' | 'nearest'

/** Machine-readable remarks on what was changed, shown to the client as `reelay.warnings`. */
export type FitWarning =
  | 'seconds_normalised'
  | 'size_normalised'
  | 'aspect_ratio_normalised'
  | 'resolution_normalised'
  | 'audio_normalised'
  | 'negative_prompt_dropped'
  | 'seed_dropped'

/** A part of a request as a model can serve it, or why it cannot: `message` names the legal values. */
export type Fit<T> =
  | { ok: true; value: T; warnings: readonly FitWarning[] }
  | { ok: false; param: string; message: string }

/** What is fitted to. `nearest` allows changes that lose something, each with a warning. */
export type FitTarget = { model: string; capabilities: ModelCapabilities; normalize: Normalize }
