import { z } from 'zod'
import type { CustomProvider } from '../providers/custom-provider.ts'

/**
 * One account: its provider's settings, named as the environment variables are. `provider` is needed where
 * the account's name does not begin with it.
 */
export type ConfiguredAccount = Readonly<Record<string, string | undefined>> & { readonly provider?: string }

/** What `reelay.config.ts` may hold. */
export type ConfigFile = {
  /**
   * By name: `<provider>:<name>`, a provider's own name, or a free one. It must not change while tasks are
   * under way.
   */
  accounts?: Readonly<Record<string, ConfiguredAccount>>
  /** Names of your own, each for a model or for several in order of preference. */
  aliases?: Readonly<Record<string, string | readonly string[]>>
  /** What is tried after a model or an alias, in order, as long as nothing was accepted. */
  fallbacks?: Readonly<Record<string, string | readonly string[]>>
  /** Providers of your own, and models of the AI SDK (`aiSdk`). */
  providers?: readonly CustomProvider[]
}

/** Gives back what it gets: it is there for your editor. */
export const defineConfig = (file: ConfigFile): ConfigFile => file

const ACCOUNTS_MAX = 500
const ALIASES_MAX = 1_000
const CANDIDATES_MAX = 50
const PROVIDERS_MAX = 100

/** Names stand in paths, in logs and before the slash of a model's name. */
const ACCOUNT_NAME = /^[a-z0-9][\w.-]{0,62}(:[a-z0-9][\w.-]{0,62})?$/i

const accountName = z
  .string()
  .regex(ACCOUNT_NAME, 'must be a name like fal:team-a: letters, digits, ., _ and -, with one colon at most')

const setting = z.string(
  'must be a text. Is it read from an environment variable that is not set? Set that one, or leave this out',
)

const model = z.string().trim().min(1, 'must name a model, as <account>/<model> or <model>').max(400)

const MODELS_FORM = 'must be a model, or a list of models in order'

const models = z
  .union([model, z.array(model).min(1, MODELS_FORM).max(CANDIDATES_MAX)], MODELS_FORM)
  .transform((value) => (typeof value === 'string' ? [value] : value))

const named = z.record(model, models).refine(hasAtMost(ALIASES_MAX), `must have ${ALIASES_MAX} names at most`)

const customProvider = z.strictObject({
  name: accountName,
  provider: z.custom<CustomProvider['provider']>(
    (value) => typeof value === 'function' || (typeof value === 'object' && value !== null),
    'must be a provider, or a function that makes one: see docs/config-file.md',
  ),
})

function hasAtMost(count: number): (record: object) => boolean {
  return (record) => Object.keys(record).length <= count
}

/** The file as it is read: every list is a list. */
export type ParsedConfigFile = {
  accounts: Readonly<Record<string, Readonly<Record<string, string>>>>
  aliases: Readonly<Record<string, readonly string[]>>
  fallbacks: Readonly<Record<string, readonly string[]>>
  providers: readonly CustomProvider[]
}

const schema: z.ZodType<ParsedConfigFile> = z.strictObject({
  accounts: z
    .record(accountName, z.record(z.string(), setting))
    .refine(hasAtMost(ACCOUNTS_MAX), `must have ${ACCOUNTS_MAX} accounts at most`)
    .default({}),
  aliases: named.default({}),
  fallbacks: named.default({}),
  providers: z.array(customProvider).max(PROVIDERS_MAX).default([]),
})

const EMPTY: ParsedConfigFile = { accounts: {}, aliases: {}, fallbacks: {}, providers: [] }

/** Reads the file's content strictly. What is wrong with it is told by its place, a sentence each. */
export function parseConfigFile(content: unknown): { file: ParsedConfigFile; faults: readonly string[] } {
  const parsed = schema.safeParse(content)
  if (parsed.success) return { file: parsed.data, faults: [] }
  const faults = parsed.error.issues.map((issue) => {
    const place = z.core.toDotPath(issue.path)
    // Of a name that is wrong, only the issue within says what is wrong with it.
    const [inner] = issue.code === 'invalid_key' ? issue.issues : []
    const message = inner?.message ?? issue.message
    return place === '' ? message : `${place} ${message}`
  })
  return { file: EMPTY, faults }
}
