import type { Model } from '@reelay/sdk'
import type { Candidate, VideoRequest } from '../task/request.ts'

/** What came of matching a request with the configured models. */
export type Plan =
  | {
      kind: 'planned'
      /** Normalised: lossless re-expression done, lossy changes only when the client allowed them. */
      request: VideoRequest
      /** In order; each can serve the request. Never empty. */
      candidates: readonly Candidate[]
      warnings: readonly string[]
      /** Default deadline, from create, of the candidates' slowest provider. */
      deadlineMs: number
    }
  | { kind: 'unknown_model'; message: string }
  | { kind: 'invalid'; param: string; message: string }
  /** The model could serve the request if its provider could fetch the files from this gateway. */
  | { kind: 'unreachable'; param: string; message: string }

/** The models that can be reached now, over all configured accounts. */
export interface Catalog {
  /**
   * @param request `model` is what the client sent, or the default model.
   * @param normalize `nearest` allows lossy changes, each with a warning.
   */
  plan(request: VideoRequest, normalize: 'none' | 'nearest'): Plan
  list(): readonly Model[]
}
