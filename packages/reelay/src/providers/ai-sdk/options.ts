import { z } from 'zod'
import type { Pacing } from '../provider.ts'
import type { Timing } from '../../task/schedule.ts'
import type { Json, VideoModelV4 } from './video-model.ts'
import type { AiSdkTable } from './word-table.ts'

/**
 * Makes a model that sends its requests with the given `fetch`: only so the gateway sees the provider's own
 * answers.
 */
export type AiSdkModelFactory = (parts: {
  fetch: typeof globalThis.fetch
}) => VideoModelV4 | Promise<VideoModelV4>

/** One model, and what it can be asked for. Without any of the latter, requests pass as they are. */
export type AiSdkModel = {
  model: VideoModelV4 | AiSdkModelFactory
  /** The legal lengths: a list, or every whole second of a range. */
  seconds?: readonly number[] | { min: number; max: number; default?: number }
  /** `WIDTHxHEIGHT`. */
  sizes?: readonly string[]
  /** For instance `16:9`. */
  ratios?: readonly string[]
  /** For instance `720p`. */
  resolutions?: readonly string[]
  /** How many files of each kind it takes at most. */
  inputs?: { first_frame?: number; last_frame?: number; reference?: number }
  /** `optional` follows `generate_audio`, and is the default. */
  audio?: 'never' | 'optional' | 'always'
  /** Parameters that it has no place for, besides those that are known of its provider. */
  lacks?: readonly ('negative_prompt' | 'seed')[]
  /** What it is always told, as the AI SDK's `providerOptions`. */
  providerOptions?: Record<string, { [name: string]: Json }>
  /**
   * When the model says that it would not do as it was asked: `reject`, the default, refuses such a request
   * before it is sent where the model can say so by then. `record` sends it and keeps what was said with
   * the job.
   */
  onWarning?: 'reject' | 'record'
}

export type AiSdkOptions = {
  /** Of the account: models are `<name>/<model>`. It must not change while tasks are under way. */
  name: string
  models: Readonly<Record<string, AiSdkModel>>
  /** How answers are read of a provider that the gateway has no table for. */
  table?: AiSdkTable
  /** Under which name in `providerOptions` its options go. Default: the provider's usual one. */
  optionsKey?: string
  /** Names that a request's `provider_options` may have. Default: none. */
  options?: readonly string[]
  /** When its jobs are looked at. Default: after 10 s, then every 5 to 30 s; deadline 6 h. */
  timing?: Partial<Timing>
  /** Default: 2 requests per second with bursts of 5, 10 jobs at a time. */
  pacing?: Partial<Pacing>
}

const MODELS_MAX = 200

const LISTED_MAX = 100

const words = z.array(z.string().trim().min(1)).max(LISTED_MAX)
const seconds = z.number().positive().max(3_600)
const count = z.number().int().min(0).max(100)
const milliseconds = z.number().int().positive()

const isModel = (value: unknown): boolean =>
  typeof value === 'function' || (typeof value === 'object' && value !== null && 'modelId' in value)

const isFunction = (value: unknown): boolean => typeof value === 'function'

const MODEL_FORM =
  'must be ({ fetch }) => createX({ apiKey, fetch }).video("..."), or a video model of the AI SDK'

const modelSchema: z.ZodType<AiSdkModel> = z.strictObject({
  model: z.custom<AiSdkModel['model']>(isModel, MODEL_FORM),
  seconds: z
    .union([
      z.array(seconds).min(1).max(LISTED_MAX),
      z.strictObject({ min: seconds, max: seconds, default: seconds.exactOptional() }),
    ])
    .exactOptional(),
  sizes: words.exactOptional(),
  ratios: words.exactOptional(),
  resolutions: words.exactOptional(),
  inputs: z
    .strictObject({
      first_frame: count.exactOptional(),
      last_frame: count.exactOptional(),
      reference: count.exactOptional(),
    })
    .exactOptional(),
  audio: z.enum(['never', 'optional', 'always']).exactOptional(),
  lacks: z.array(z.enum(['negative_prompt', 'seed'])).exactOptional(),
  providerOptions: z.record(z.string(), z.record(z.string(), z.json())).exactOptional(),
  onWarning: z.enum(['reject', 'record']).exactOptional(),
})

const meanings = z.enum(['waiting', 'running', 'done', 'failed', 'moderated', 'cancelled', 'expired', 'gone'])

const reader = <Reader>(): z.ZodType<Reader> =>
  z.custom<Reader>(isFunction, 'must be a function of the body of an answer')

const tableSchema: z.ZodType<AiSdkTable> = z.strictObject({
  statuses: z.record(z.string(), meanings),
  statusOf: reader<AiSdkTable['statusOf']>(),
  idOf: reader<NonNullable<AiSdkTable['idOf']>>().exactOptional(),
  progressOf: reader<NonNullable<AiSdkTable['progressOf']>>().exactOptional(),
  errorOf: reader<NonNullable<AiSdkTable['errorOf']>>().exactOptional(),
  rehearsal: z.record(z.string(), z.json()).exactOptional(),
})

const schema: z.ZodType<AiSdkOptions> = z.strictObject({
  name: z.string(),
  models: z
    .record(z.string().trim().min(1).max(200), modelSchema)
    .refine((models) => Object.keys(models).length > 0, 'must name a model')
    .refine((models) => Object.keys(models).length <= MODELS_MAX, `must name ${MODELS_MAX} models at most`),
  table: tableSchema.exactOptional(),
  optionsKey: z.string().trim().min(1).exactOptional(),
  options: words.exactOptional(),
  timing: z
    .strictObject({
      firstPollMs: milliseconds.exactOptional(),
      intervalMs: milliseconds.exactOptional(),
      intervalMaxMs: milliseconds.exactOptional(),
      missingGraceMs: milliseconds.exactOptional(),
      deadlineMs: milliseconds.min(60_000).max(604_800_000).exactOptional(),
    })
    .exactOptional(),
  pacing: z
    .strictObject({
      perSecond: z.number().positive().max(10_000).exactOptional(),
      burst: z.number().int().positive().max(10_000).exactOptional(),
      inFlightMax: z.number().int().positive().max(100_000).exactOptional(),
    })
    .exactOptional(),
})

/** @throws TypeError that names what is wrong and where. */
export function checkOptions(options: unknown): AiSdkOptions {
  const parsed = schema.safeParse(options)
  if (parsed.success) return parsed.data
  throw new TypeError(`aiSdk: these options are wrong:\n${z.prettifyError(parsed.error)}`)
}
