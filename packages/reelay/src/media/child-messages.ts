import type { PreviewJob } from './preview-job.ts'

/** A JPEG that the poster job wrote. */
export interface Still {
  readonly width: number
  readonly height: number
}

/** What the poster job wrote: the poster, and the sheet of frames where it could be made. */
export interface Poster extends Still {
  readonly sheet: (Still & { readonly frames: number }) | undefined
}

/** A poster and its sheet, to be written in one pass through the video. */
export interface PosterJob {
  readonly videoPath: string
  readonly posterPath: string
  readonly sheetPath: string
  /** How many frames the sheet has, unless the video has fewer. */
  readonly sheetFramesMax: number
}

/** What the gateway asks of its media child. */
export type ChildRequest =
  | { readonly kind: 'check' }
  | { readonly kind: 'render'; readonly job: PreviewJob }
  | { readonly kind: 'poster'; readonly job: PosterJob }

/** Why a job failed in the child: asked for by its prompt, an input that cannot be used, or anything else. */
export type ChildFailureCode = 'requested' | 'bad_input' | 'failed'

/** What the child answers: `started`, any number of `progress`, then one `done` or `failed`. `id` is the request's. */
export type ChildReply =
  | { readonly id: number; readonly kind: 'started' }
  | { readonly id: number; readonly kind: 'progress'; readonly fraction: number }
  | { readonly id: number; readonly kind: 'done'; readonly result: ChildResult }
  | {
      readonly id: number
      readonly kind: 'failed'
      readonly code: ChildFailureCode
      readonly message: string
    }

export type ChildResult =
  | { readonly kind: 'check'; readonly missing: readonly string[] }
  | { readonly kind: 'render' }
  | { readonly kind: 'poster'; readonly poster: Poster | undefined; readonly sheetProblem?: string }

export interface NumberedRequest {
  readonly id: number
  readonly request: ChildRequest
}
