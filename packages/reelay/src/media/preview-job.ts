import { PREVIEW_LIMITS } from './preview-limits.ts'

/** One local preview to render. Plain data: it crosses to the child process. */
export interface PreviewJob {
  /** May hold the knobs `[fail]` and `[slow=30s]`; they are not shown. */
  readonly prompt: string
  readonly seconds: number
  /** Pixels, even. */
  readonly width: number
  readonly height: number
  readonly seed: number
  readonly fps: number
  /** Adds a quiet generated pad. */
  readonly audio: boolean
  /** Paths of pictures to animate; two or more are cross-faded. */
  readonly inputImages: readonly string[]
  readonly outPath: string
}

function isEvenEdge(value: number): boolean {
  const { edgeMin, edgeMax } = PREVIEW_LIMITS
  return Number.isInteger(value) && value % 2 === 0 && value >= edgeMin && value <= edgeMax
}

/** What is wrong with a job, in one sentence that says what is legal, or undefined. */
export function previewJobProblem(job: PreviewJob): string | undefined {
  const { secondsMin, secondsMax, edgeMin, edgeMax, fpsMax, inputImagesMax } = PREVIEW_LIMITS
  if (!(job.seconds >= secondsMin && job.seconds <= secondsMax)) {
    return `seconds must be between ${secondsMin} and ${secondsMax}, not ${job.seconds}.`
  }
  if (!isEvenEdge(job.width) || !isEvenEdge(job.height)) {
    return `width and height must be even and between ${edgeMin} and ${edgeMax}, not ${job.width}x${job.height}.`
  }
  if (!(Number.isInteger(job.fps) && job.fps >= 1 && job.fps <= fpsMax)) {
    return `fps must be a whole number between 1 and ${fpsMax}, not ${job.fps}.`
  }
  if (!Number.isSafeInteger(job.seed)) return `seed must be a whole number, not ${job.seed}.`
  if (job.inputImages.length > inputImagesMax) return `At most ${inputImagesMax} input images can be shown.`
  return undefined
}
