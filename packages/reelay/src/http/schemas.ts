import { z } from 'zod'

/** The shapes of bodies, for the OpenAPI document; those of the admin routes also check requests. */

export const errorSchema: z.ZodType = z
  .object({
    error: z.object({
      message: z.string(),
      type: z.string(),
      param: z.string().nullable(),
      code: z.string().nullable(),
    }),
  })
  .meta({ id: 'Error' })

const videoErrorSchema = z.object({
  code: z.string(),
  message: z.string(),
  type: z.enum(['provider_error', 'gateway_error', 'invalid_request_error']),
  param: z.string().nullable(),
})

const count = (max: number): z.ZodInt => z.int().min(1).max(max)

const spritesheetSchema = z
  .object({
    columns: count(5),
    rows: count(5),
    frames: count(25).describe('Filled row by row; the last row may have room left.'),
    frame_width: count(10_000).describe('In pixels.'),
    frame_height: count(10_000).describe('In pixels.'),
    seconds_per_frame: z.number().describe('How much of the video each frame stands for.'),
  })
  .describe('How the JPEG of ?variant=spritesheet is laid out. Absent where there is none.')

const detailsSchema = z.object({
  provider: z.string().nullable(),
  provider_task_id: z.string().nullable().optional(),
  attempt: z.int().min(1).max(1_000_000).optional(),
  warnings: z.array(z.string()),
  sha256: z.string().optional(),
  bytes: z.int().min(0).max(Number.MAX_SAFE_INTEGER).optional(),
  duration: z.number().optional().describe('Length of the archived file in seconds.'),
  codec: z
    .enum(['h264', 'hevc', 'av1', 'vp9', 'vp8', 'other'])
    .optional()
    .describe('Of the pictures of the archived file.'),
  media_type: z
    .string()
    .optional()
    .describe('Type of the archived file with its codecs, where they are known, as canPlayType takes it.'),
  playable: z
    .boolean()
    .optional()
    .describe('Whether the usual browsers play the archived file. If not, ask canPlayType with media_type.'),
  spritesheet: spritesheetSchema.optional(),
})

const unixSeconds = z.int().min(0).max(253_402_300_799)

export const videoSchema: z.ZodType = z
  .object({
    id: z.string(),
    task_id: z.string().describe('Always equal to id.'),
    object: z.literal('video'),
    model: z.string(),
    status: z.enum(['queued', 'in_progress', 'completed', 'failed', 'error']),
    progress: z.int().min(0).max(100),
    created_at: unixSeconds,
    completed_at: unixSeconds.nullable().describe('Set in every terminal status.'),
    expires_at: unixSeconds
      .nullable()
      .describe('When the files of a completed video are removed; null: never.'),
    prompt: z.string().nullable(),
    size: z.string().nullable(),
    seconds: z.string().nullable(),
    remixed_from_video_id: z.string().nullable(),
    error: videoErrorSchema.nullable(),
    video_url: z
      .string()
      .optional()
      .describe('Only when completed; readable without a key until it expires.'),
    metadata: z.record(z.string(), z.unknown()).optional(),
    reelay: detailsSchema.optional(),
  })
  .meta({ id: 'Video' })

export const videoPageSchema: z.ZodType = z
  .object({
    object: z.literal('list'),
    data: z.array(videoSchema),
    first_id: z.string().nullable(),
    last_id: z.string().nullable(),
    has_more: z.boolean(),
  })
  .meta({ id: 'VideoPage' })

export const videoDeletedSchema: z.ZodType = z
  .object({ id: z.string(), object: z.literal('video.deleted'), deleted: z.boolean() })
  .meta({ id: 'VideoDeleted' })

const secondsRangeSchema = z.object({
  min: z.number(),
  max: z.number(),
  values: z.array(z.number()).nullable(),
  default: z.number().nullable(),
})

const capabilitiesSchema = z.object({
  seconds: secondsRangeSchema.nullable(),
  sizes: z.array(z.string()),
  ratios: z.array(z.string()),
  resolutions: z.array(z.string()),
  inputs: z.record(z.string(), z.number()).describe('How many files each role takes at most.'),
  audio: z.enum(['never', 'optional', 'always']),
  frames_set_ratio: z
    .boolean()
    .optional()
    .describe('With a first or last frame, size and aspect_ratio are not accepted: the picture decides.'),
  lacks: z
    .array(z.enum(['negative_prompt', 'seed']))
    .optional()
    .describe('Parameters that the model has no place for.'),
})

const rates = {
  per_second: z.string().nullable().describe('Decimal.'),
  per_video: z.string().nullable().describe('Decimal.'),
}

const priceSchema = z
  .object({
    currency: z.string().describe('ISO 4217.'),
    ...rates,
    by_resolution: z
      .array(z.object({ resolution: z.string(), ...rates }))
      .optional()
      .describe('Where the price depends on it; the two rates beside it are null then.'),
    as_of: z.iso.date().optional().describe('The day on which it was published like this.'),
    source: z.url().optional().describe('The page that said so.'),
  })
  .describe('As published on the day as_of; the provider’s bill decides.')

export const modelSchema: z.ZodType = z
  .object({
    id: z.string(),
    object: z.literal('model'),
    created: z.int().min(0).max(253_402_300_799),
    owned_by: z.string(),
    capabilities: capabilitiesSchema.nullable(),
    price: priceSchema.nullable(),
  })
  .meta({ id: 'Model' })

export const modelListSchema: z.ZodType = z
  .object({ object: z.literal('list'), data: z.array(modelSchema) })
  .meta({ id: 'ModelList' })

export const healthSchema: z.ZodType = z
  .object({ status: z.string(), version: z.string() })
  .meta({ id: 'Health' })

export const readinessSchema: z.ZodType = z
  .object({ status: z.enum(['ready', 'not_ready']), detail: z.record(z.string(), z.unknown()).optional() })
  .meta({ id: 'Readiness' })
