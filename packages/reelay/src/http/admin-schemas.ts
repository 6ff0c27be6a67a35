import { z } from 'zod'
import type { KeyScope } from '../store/store.ts'
import type { StatusProfile } from '../task/wire-status.ts'

const SCOPES: readonly [KeyScope, ...KeyScope[]] = ['create', 'read', 'content', 'admin']

export type KeyCreate = {
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
  })
  .meta({ id: 'KeyCreate' })

export const keySchema: z.ZodType = z
  .object({
    id: z.string(),
    object: z.literal('api_key'),
    name: z.string(),
    project: z.string(),
    scopes: z.array(z.enum(SCOPES)),
    profile: z.enum(['comet', 'openai']),
    created_at: z.int().min(0).max(253_402_300_799),
    last_used_at: z.int().min(0).max(253_402_300_799).nullable(),
    key: z.string().optional().describe('The secret: only in the answer that made it.'),
  })
  .meta({ id: 'Key' })

export const keyListSchema: z.ZodType = z
  .object({ object: z.literal('list'), data: z.array(keySchema) })
  .meta({ id: 'KeyList' })

export const keyDeletedSchema: z.ZodType = z
  .object({ id: z.string(), object: z.literal('api_key.deleted'), deleted: z.boolean() })
  .meta({ id: 'KeyDeleted' })

export type ProjectCreate = { name: string }

export const projectCreateSchema: z.ZodType<ProjectCreate> = z
  .strictObject({ name: z.string().trim().min(1).max(200) })
  .meta({ id: 'ProjectCreate' })

export const projectSchema: z.ZodType = z
  .object({
    id: z.string(),
    object: z.literal('project'),
    name: z.string(),
    created_at: z.int().min(0).max(253_402_300_799),
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
    paused_until: z.int().min(0).max(253_402_300_799).nullable().describe('Unix seconds.'),
    in_flight: z.int().min(0).max(1_000_000_000).describe('Jobs that hold a slot of the account.'),
    check: z.object({ ok: z.boolean(), detail: z.string() }).nullable(),
  })
  .meta({ id: 'ProviderAccount' })

export const providerListSchema: z.ZodType = z
  .object({ object: z.literal('list'), data: z.array(providerAccountSchema) })
  .meta({ id: 'ProviderList' })
