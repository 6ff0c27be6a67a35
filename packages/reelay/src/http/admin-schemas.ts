import { z } from 'zod'
import type { KeyScope } from '../store/store.ts'
import type { StatusProfile } from '../task/wire-status.ts'
import type { KeyExpiry } from './key-expiry.ts'

const SCOPES: readonly [KeyScope, ...KeyScope[]] = ['create', 'read', 'content', 'admin']

const UNIX_SECONDS_MAX = 253_402_300_799
const OVERLAP_SECONDS_MAX = 2_592_000
const LIMIT_MAX = 1_000_000_000

const expiry = {
  expires_in: z
    .int()
    .min(60)
    .max(315_360_000)
    .optional()
    .describe('Seconds until the key is refused, at most ten years. Never when neither is given.'),
  expires_at: z
    .int()
    .min(0)
    .max(UNIX_SECONDS_MAX)
    .optional()
    .describe('The same as unix seconds; give one of the two.'),
}

export type KeyCreate = KeyExpiry & {
  name: string
  project?: string | undefined
  scopes?: KeyScope[] | undefined
  profile?: StatusProfile | undefined
}

export const keyCreateSchema: z.ZodType<KeyCreate> = z
  .strictObject({
    name: z.string().trim().min(1).max(200),
    project: z.string().max(100).optional().describe("The caller's own project when absent."),
    scopes: z
      .array(z.enum(SCOPES))
      .min(1)
      .max(SCOPES.length)
      .optional()
      .describe('Everything but admin when absent.'),
    profile: z.enum(['comet', 'openai']).optional(),
    ...expiry,
  })
  .meta({ id: 'KeyCreate' })

export type KeyRotate = KeyExpiry & { overlap?: number | undefined }

export const keyRotateSchema: z.ZodType<KeyRotate> = z
  .strictObject({
    overlap: z
      .int()
      .min(0)
      .max(OVERLAP_SECONDS_MAX)
      .optional()
      .describe('How long the old key goes on, in seconds; a day when absent.'),
    ...expiry,
  })
  .meta({ id: 'KeyRotate' })

export const keySchema: z.ZodType = z
  .object({
    id: z.string(),
    object: z.literal('api_key'),
    name: z.string(),
    project: z.string(),
    scopes: z.array(z.enum(SCOPES)),
    profile: z.enum(['comet', 'openai']),
    created_at: z.int().min(0).max(UNIX_SECONDS_MAX),
    last_used_at: z.int().min(0).max(UNIX_SECONDS_MAX).nullable(),
    expires_at: z.int().min(0).max(UNIX_SECONDS_MAX).nullable().describe('Null: never.'),
    replaces: z.string().optional().describe('The id of the key that it was made for: only when rotated.'),
    key: z.string().optional().describe('The secret: only in the answer that made it.'),
  })
  .meta({ id: 'Key' })

export const keyListSchema: z.ZodType = z
  .object({ object: z.literal('list'), data: z.array(keySchema) })
  .meta({ id: 'KeyList' })

export const keyDeletedSchema: z.ZodType = z
  .object({ id: z.string(), object: z.literal('api_key.deleted'), deleted: z.boolean() })
  .meta({ id: 'KeyDeleted' })

export type BackupCreate = { name?: string | undefined }

export const backupCreateSchema: z.ZodType<BackupCreate> = z
  .strictObject({
    name: z
      .string()
      .regex(/^[A-Za-z0-9_][A-Za-z0-9_.-]{0,99}$/, 'is a plain file name: letters, digits, dots, - and _')
      .optional()
      .describe('Of the file, without a folder; made from the time when absent.'),
  })
  .meta({ id: 'BackupCreate' })

export const backupSchema: z.ZodType = z
  .object({
    object: z.literal('backup'),
    path: z.string().describe('Where the copy is, on the machine of the gateway.'),
    bytes: z.int().min(0).max(Number.MAX_SAFE_INTEGER),
    created_at: z.int().min(0).max(UNIX_SECONDS_MAX).describe('The database is as it was then.'),
    took_ms: z.int().min(0).max(Number.MAX_SAFE_INTEGER),
  })
  .meta({ id: 'Backup' })

export type ProjectCreate = { name: string }

export const projectCreateSchema: z.ZodType<ProjectCreate> = z
  .strictObject({ name: z.string().trim().min(1).max(200) })
  .meta({ id: 'ProjectCreate' })

const limit = (min: number) => z.int().min(min).max(LIMIT_MAX).nullable().optional()

export type LimitsBody = {
  creates_per_minute?: number | null | undefined
  reads_per_minute?: number | null | undefined
  in_flight?: number | null | undefined
  per_day?: number | null | undefined
  retention_seconds?: number | null | undefined
}

const limitsSchema: z.ZodType<LimitsBody> = z
  .strictObject({
    creates_per_minute: limit(0).describe('0 refuses all.'),
    // Without any, nobody of the project could change it again.
    reads_per_minute: limit(1).describe('Everything but creates.'),
    in_flight: limit(0).describe('Videos under way at a time.'),
    per_day: limit(0).describe('Videos made in a day of UTC.'),
    retention_seconds: z
      .int()
      .min(3_600)
      .max(315_360_000)
      .nullable()
      .optional()
      .describe(
        'How long the files of completed videos are kept; null: for good. Videos of before keep their time.',
      ),
  })
  .meta({ id: 'ProjectLimits', description: 'Null: no limit. Absent: the limit of the gateway.' })

export type ProjectUpdate = { name?: string | undefined; limits?: LimitsBody | undefined }

export const projectUpdateSchema: z.ZodType<ProjectUpdate> = z
  .strictObject({
    name: z.string().trim().min(1).max(200).optional(),
    limits: limitsSchema.optional().describe('Replaces the own limits of the project as a whole.'),
  })
  .meta({ id: 'ProjectUpdate' })

export const projectDetailSchema: z.ZodType = z
  .object({
    id: z.string(),
    object: z.literal('project'),
    name: z.string(),
    created_at: z.int().min(0).max(UNIX_SECONDS_MAX),
    limits: limitsSchema.describe('In force.'),
    own_limits: limitsSchema.describe('What was set for the project; the rest is the gateway’s.'),
    usage: z.object({
      in_flight: z.int().min(0).max(LIMIT_MAX),
      created_today: z.int().min(0).max(LIMIT_MAX).describe('Since midnight UTC.'),
    }),
  })
  .meta({ id: 'ProjectDetail' })

export const projectSchema: z.ZodType = z
  .object({
    id: z.string(),
    object: z.literal('project'),
    name: z.string(),
    created_at: z.int().min(0).max(UNIX_SECONDS_MAX),
  })
  .meta({ id: 'Project' })

export const projectListSchema: z.ZodType = z
  .object({ object: z.literal('list'), data: z.array(projectSchema) })
  .meta({ id: 'ProjectList' })

const providerAccountSchema: z.ZodType = z
  .object({
    object: z.literal('provider_account'),
    provider: z.string(),
    account: z.string(),
    configured: z
      .boolean()
      .describe('False for an account that tasks wait for but that is no longer set up.'),
    paused_until: z
      .int()
      .min(0)
      .max(UNIX_SECONDS_MAX)
      .nullable()
      .describe('Unix seconds; null when it is not paused.'),
    pause_reason: z.string().nullable().describe('Why it is paused.'),
    in_flight: z.int().min(0).max(1_000_000_000).describe('Jobs that hold a slot of the account.'),
    in_flight_max: z
      .int()
      .min(0)
      .max(1_000_000_000)
      .nullable()
      .describe('Most of them at a time; null when the account is not set up.'),
    callbacks: z.boolean().describe('Whether the provider is given an address to call back with each job.'),
    callback_url: z
      .string()
      .nullable()
      .describe('What to register there for all jobs of the account; null when it takes no such address.'),
    check: z
      .object({ ok: z.boolean(), detail: z.string() })
      .nullable()
      .describe('Null when the provider has no question that spends nothing.'),
  })
  .meta({ id: 'ProviderAccount' })

export const providerListSchema: z.ZodType = z
  .object({
    object: z.literal('list'),
    callback_base: z
      .string()
      .nullable()
      .describe('What those addresses begin with; null when providers cannot reach this gateway.'),
    data: z.array(providerAccountSchema).describe('The preferred first.'),
  })
  .meta({ id: 'ProviderList' })
