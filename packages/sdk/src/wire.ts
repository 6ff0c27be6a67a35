/**
 * What goes over the wire, defined once: the gateway answers these shapes and the client reads them. Times
 * are unix seconds unless the name says otherwise.
 */

/**
 * `failed` is a verdict about the video (the provider refused or could not make it, or the user cancelled).
 * `error` means that no verdict could be got (deadline passed, provider lost the task). Both are terminal.
 */
export type VideoStatus = 'queued' | 'in_progress' | 'completed' | 'failed' | 'error'

export const VIDEO_STATUSES: readonly VideoStatus[] = [
  'queued',
  'in_progress',
  'completed',
  'failed',
  'error',
]

/** A terminal status never changes again. */
export const TERMINAL_STATUSES: readonly VideoStatus[] = ['completed', 'failed', 'error']

export const isTerminalStatus = (status: VideoStatus): boolean => TERMINAL_STATUSES.includes(status)

export type VideoErrorType = 'provider_error' | 'gateway_error' | 'invalid_request_error'

/** Why a video ended without a result. */
export type VideoError = {
  code: string
  message: string
  type: VideoErrorType
  param: string | null
}

/** How the JPEG of `variant: 'spritesheet'` is laid out: pictures from all of the video, for scrubbing. */
export type Spritesheet = {
  columns: number
  rows: number
  /** Filled row by row; the last row may have room left. */
  frames: number
  /** In pixels. */
  frame_width: number
  frame_height: number
  /** How much of the video each frame stands for; it shows the middle of that. */
  seconds_per_frame: number
}

/** What a Reelay server adds to the task object. Other servers send none of it. */
export type ReelayDetails = {
  /** The provider that serves the task; null until one was chosen. */
  provider: string | null
  provider_task_id?: string | null
  /** Number of the current submission, from 1. */
  attempt?: number
  /** Machine-readable remarks, for instance `size_normalised` or `upstream_may_still_bill`. */
  warnings: readonly string[]
  /** Of the archived file, once completed. */
  sha256?: string
  bytes?: number
  /** Probed length of the archived file in seconds. */
  duration?: number
  /** Of the pictures of the archived file. */
  codec?: 'h264' | 'hevc' | 'av1' | 'vp9' | 'vp8' | 'other'
  /** Type of the archived file with its codecs, where they are known, as `canPlayType` takes it. */
  media_type?: string
  /** Whether the usual browsers play the archived file. If not, ask `canPlayType` with `media_type`. */
  playable?: boolean
  /** Absent where no spritesheet was made. */
  spritesheet?: Spritesheet
}

/**
 * The task object: a superset of the one that `openai` clients know, with every key of theirs always present.
 */
export type Video = {
  id: string
  /** Always equal to `id`. */
  task_id: string
  object: 'video'
  /** The model as the caller named it. */
  model: string
  status: VideoStatus
  /** Whole percent: 0..99, and 100 only when completed. */
  progress: number
  created_at: number
  /** Set in every terminal status. */
  completed_at: number | null
  /** When the file is removed; null while it is kept. */
  expires_at: number | null
  prompt: string | null
  /** `WIDTHxHEIGHT`, or null when nobody said. */
  size: string | null
  /** Decimal text, or null when nobody said. */
  seconds: string | null
  remixed_from_video_id: string | null
  error: VideoError | null
  /** Present only when completed: absolute, and readable without an Authorization header until it expires. */
  video_url?: string
  /** As sent at creation, when it was sent. */
  metadata?: Record<string, unknown>
  reelay?: ReelayDetails
}

/** One keyset page. Ask for the next one with `after` set to `last_id` while `has_more` is true. */
export type VideoPage = {
  object: 'list'
  data: Video[]
  first_id: string | null
  last_id: string | null
  has_more: boolean
}

export type VideoDeleted = {
  id: string
  object: 'video.deleted'
  deleted: boolean
}

/** The body of every answer that is not a success. */
export type ErrorEnvelope = {
  error: {
    message: string
    type: string
    param: string | null
    code: string | null
  }
}

/** What an input file is for. */
export type InputRole = 'reference' | 'first_frame' | 'last_frame' | 'video'

/** Legal lengths of a video, in seconds. */
export type SecondsRange = {
  min: number
  max: number
  /** The only legal lengths, or null when every whole second from `min` to `max` is legal. */
  values: readonly number[] | null
  /** What the model makes when the request does not say. */
  default: number | null
}

/** What a model can be asked for. An empty list means that the parameter is not accepted. */
export type ModelCapabilities = {
  /** Null when the length cannot be chosen. */
  seconds: SecondsRange | null
  /** `WIDTHxHEIGHT`. */
  sizes: readonly string[]
  /** For instance `16:9`. */
  ratios: readonly string[]
  /** For instance `720p`. */
  resolutions: readonly string[]
  /** How many files each role takes at most; a role that is absent is not accepted. */
  inputs: Readonly<Partial<Record<InputRole, number>>>
  /** `optional` follows `generate_audio`. */
  audio: 'never' | 'optional' | 'always'
  /** With a first or last frame the picture decides the ratio: `size` and `aspect_ratio` are not accepted then. */
  frames_set_ratio?: boolean
  /** Parameters that the model has no place for: they are refused. */
  lacks?: readonly LackedParameter[]
}

export type LackedParameter = 'negative_prompt' | 'seed'

/** Decimal text, so that no rounding creeps in. */
export type PriceRate = { per_second: string | null; per_video: string | null }

/** As published on the day `as_of`; the provider's bill decides. */
export type ModelPrice = PriceRate & {
  /** ISO 4217. */
  currency: string
  /** Where it depends on the resolution: the two rates beside this are null then. */
  by_resolution?: readonly (PriceRate & { resolution: string })[]
  /** `YYYY-MM-DD`. Absent where nobody has to publish it. */
  as_of?: string
  /** The page that said so. */
  source?: string
}

/** An entry of the models list. */
export type Model = {
  id: string
  object: 'model'
  created: number
  /** The provider. */
  owned_by: string
  /** Null when the server does not say. */
  capabilities: ModelCapabilities | null
  /** Null when it is not known. */
  price: ModelPrice | null
}

export type ModelList = {
  object: 'list'
  data: Model[]
}

/** An API key as the admin routes show it. */
export type ApiKey = {
  id: string
  object: 'api_key'
  name: string
  project: string
  /** `create`, `read`, `content`, `admin`. */
  scopes: readonly string[]
  /** `comet` or `openai`: which statuses its users know. */
  profile: string | null
  created_at: number
  last_used_at: number | null
  /** From then on requests with the key are refused; null: never. */
  expires_at: number | null
  /** The id of the key that it was made for: only in the answer of a rotation. */
  replaces?: string
  /** The secret itself: only in the answer that created it, never again. */
  key?: string
}

export type ApiKeyList = {
  object: 'list'
  data: ApiKey[]
}

export type ApiKeyDeleted = {
  id: string
  object: 'api_key.deleted'
  deleted: boolean
}

/** What keeps videos and keys apart from those of others. */
export type Project = {
  id: string
  object: 'project'
  name: string
  created_at: number
  /** In force: the project's own over the gateway's. Only when one project is asked for, like the two below. */
  limits?: ProjectLimits
  /** What was set for this project. */
  own_limits?: ProjectLimits
  usage?: ProjectUsage
}

/** Null: no limit. Absent: the gateway's. */
export type ProjectLimits = {
  creates_per_minute?: number | null
  /** Everything that is no create. */
  reads_per_minute?: number | null
  /** Videos under way at a time. */
  in_flight?: number | null
  /** Videos made in a day of UTC. */
  per_day?: number | null
  /** How long the files of completed videos are kept; null: for good. */
  retention_seconds?: number | null
}

export type ProjectUsage = {
  in_flight: number
  /** Since midnight UTC. */
  created_today: number
}

/** The answer of `/healthz`. */
export type Health = {
  status: string
  version: string | null
}
