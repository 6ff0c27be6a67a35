import { homedir } from 'node:os'
import { join } from 'node:path'
import { z } from 'zod'
import { accountFaults, accountsOf } from './account-settings.ts'
import { DEFAULT_LIMIT_LIST, parseLimitList } from './http/limit-list.ts'
import type { ProviderKind, ProviderSettings } from './providers/registry.ts'
import type { Limits } from './store/store.ts'
import type { StatusProfile } from './task/wire-status.ts'
import { parseRetrySchedule, STANDARD_SCHEDULE, type RetrySchedule } from './webhooks/retry-schedule.ts'

/** Environment variables, or anything that looks like them. */
export type Environment = Readonly<Record<string, string | undefined>>

/** One provider account as configured. */
export type AccountConfig = {
  /** `<provider>` or `<provider>:<name>`: how tasks refer to it, so it must not change while tasks are under way. */
  account: string
  kind: ProviderKind
  settings: ProviderSettings
}

/** Everything that can be set, checked and frozen. */
export type Config = Readonly<{
  dataDir: string
  databasePath: string
  filesDir: string
  host: string
  port: number
  publicUrl: string
  /** Base of the URLs that providers may call back: the public URL where it is HTTPS and was set, so that it can be reached. */
  callbackBase: string | null
  /** The public URL was not set and the port is picked when it is listened on: only then is the URL known. */
  publicUrlFollowsPort: boolean
  apiKey: string | null
  secret: string | null
  secretPrevious: string | null
  allowHosts: string
  accounts: readonly AccountConfig[]
  aliases: Readonly<Record<string, readonly string[]>>
  defaultModel: string | null
  linkTtlMs: number
  webhookSchedule: RetrySchedule
  profile: StatusProfile
  logLevel: string
  /** Of projects that have none of their own. */
  projectLimits: Readonly<Limits>
  /** How many proxies stand in front. */
  trustedProxies: number
  limits: Readonly<{ fileBytesMax: number; videoBytesMax: number; promptCharactersMax: number }>
}>

/** The settings are wrong; the message lists every fault at once. */
export class ConfigError extends Error {
  override readonly name = 'ConfigError'
}

const LOOPBACK = new Set(['127.0.0.1', '::1', 'localhost'])
const SECRET_CHARACTERS_MIN = 32
const PROXIES_MAX = 10

const text = z.string().trim().min(1)
const duration = z
  .string()
  .regex(/^\d+(s|m|h|d)$/, 'must be a whole number with s, m, h or d, for instance 24h')
const schedule = z.string().transform((value, context) => {
  const steps = parseRetrySchedule(value)
  if (steps !== undefined) return steps
  context.addIssue(
    'must be up to 30 pauses with ms, s, m, h or d, the first of them 0s, for instance 0s,5s,5m,2h',
  )
  return z.NEVER
})
const limitList = z.string().transform((value, context) => {
  const limits = parseLimitList(value)
  if (limits !== undefined) return limits
  context.addIssue(
    `must be off, or a list like ${DEFAULT_LIMIT_LIST} (rates with /s, /m or /h; each may be off)`,
  )
  return z.NEVER
})
const bytes = z.coerce.number().int().min(1024)

const schema = z.object({
  REELAY_DATA_DIR: text.optional(),
  XDG_DATA_HOME: text.optional(),
  REELAY_DATABASE_URL: z
    .string()
    .regex(/^sqlite:/, 'must start with sqlite: (other databases are not supported by this version)')
    .optional(),
  REELAY_STORAGE_URL: z
    .string()
    .regex(/^file:/, 'must start with file: (other storage is not supported by this version)')
    .optional(),
  REELAY_HOST: text.default('127.0.0.1'),
  REELAY_PORT: z.coerce.number().int().min(0).max(65_535).default(7373),
  REELAY_PUBLIC_URL: z
    .url({ protocol: /^https?$/ })
    .transform((value) => value.replace(/\/+$/, ''))
    .optional(),
  REELAY_API_KEY: z.string().min(SECRET_CHARACTERS_MIN, 'must have 32 or more characters').optional(),
  REELAY_SECRET: z.string().min(SECRET_CHARACTERS_MIN, 'must have 32 or more characters').optional(),
  REELAY_SECRET_PREVIOUS: z.string().min(SECRET_CHARACTERS_MIN, 'must have 32 or more characters').optional(),
  REELAY_ALLOW_HOSTS: z.string().default(''),
  REELAY_PROVIDERS: text.optional(),
  REELAY_DEFAULT_MODEL: text.optional(),
  REELAY_ALIASES: text.optional(),
  REELAY_LINK_TTL: duration.default('24h'),
  REELAY_WEBHOOK_SCHEDULE: schedule.prefault(STANDARD_SCHEDULE),
  REELAY_STATUS_PROFILE: z.enum(['comet', 'openai']).default('comet'),
  REELAY_LOG_LEVEL: z.enum(['debug', 'info', 'warn', 'error', 'silent']).default('info'),
  REELAY_TRUST_PROXY: z.coerce.number().int().min(0).max(PROXIES_MAX).default(0),
  REELAY_LIMITS: limitList.prefault(DEFAULT_LIMIT_LIST),
  REELAY_LIMIT_FILE_BYTES: bytes.default(20 * 1024 * 1024),
  REELAY_LIMIT_VIDEO_BYTES: bytes.default(2 * 1024 * 1024 * 1024),
  REELAY_LIMIT_PROMPT_CHARACTERS: z.coerce.number().int().min(1).max(32_000).default(32_000),
})

type Settings = z.infer<typeof schema>

/**
 * Reads and checks all settings. Empty variables count as unset.
 * @throws ConfigError
 */
export function loadConfig(environment: Environment): Config {
  const given = Object.fromEntries(
    Object.entries(environment).filter(([, value]) => value !== undefined && value !== ''),
  )
  const parsed = schema.safeParse(given)
  const faults = [...exposureFaults(given), ...accountFaults(given), ...aliasFaults(given)]
  if (!parsed.success || faults.length > 0) {
    const wrong = parsed.success ? [] : [z.prettifyError(parsed.error)]
    const lines = [...wrong, ...faults.map((fault) => `✖ ${fault}`)]
    throw new ConfigError(`these settings are wrong:\n${lines.join('\n')}`)
  }
  const settings = parsed.data
  return Object.freeze(configOf(settings, accountsOf(given)))
}

function configOf(settings: Settings, accounts: readonly AccountConfig[]): Config {
  const dataDir =
    settings.REELAY_DATA_DIR ?? join(settings.XDG_DATA_HOME ?? join(homedir(), '.local', 'share'), 'reelay')
  const host = settings.REELAY_HOST
  const authority = host.includes(':') ? `[${host}]` : host
  return {
    dataDir,
    // A bare `sqlite:` or `file:` means the usual place: an empty path would be a database that is lost at the end.
    databasePath: settings.REELAY_DATABASE_URL?.replace(/^sqlite:(\/\/)?/, '') || join(dataDir, 'reelay.db'),
    filesDir: settings.REELAY_STORAGE_URL?.replace(/^file:(\/\/)?/, '') || join(dataDir, 'files'),
    host,
    port: settings.REELAY_PORT,
    // A provider may refuse a whole job for a URL that it cannot reach.
    callbackBase:
      settings.REELAY_PUBLIC_URL?.startsWith('https:') === true ? settings.REELAY_PUBLIC_URL : null,
    publicUrlFollowsPort: settings.REELAY_PUBLIC_URL === undefined && settings.REELAY_PORT === 0,
    publicUrl: settings.REELAY_PUBLIC_URL ?? `http://${authority}:${settings.REELAY_PORT}`,
    apiKey: settings.REELAY_API_KEY ?? null,
    secret: settings.REELAY_SECRET ?? null,
    secretPrevious: settings.REELAY_SECRET_PREVIOUS ?? null,
    allowHosts: settings.REELAY_ALLOW_HOSTS,
    accounts,
    aliases: aliasesOf(settings.REELAY_ALIASES),
    defaultModel:
      settings.REELAY_DEFAULT_MODEL ??
      (accounts.length === 1 ? (accounts[0]?.kind.defaultModel ?? null) : null),
    linkTtlMs: durationMs(settings.REELAY_LINK_TTL),
    webhookSchedule: settings.REELAY_WEBHOOK_SCHEDULE,
    profile: settings.REELAY_STATUS_PROFILE,
    logLevel: settings.REELAY_LOG_LEVEL,
    projectLimits: settings.REELAY_LIMITS,
    trustedProxies: settings.REELAY_TRUST_PROXY,
    limits: {
      fileBytesMax: settings.REELAY_LIMIT_FILE_BYTES,
      videoBytesMax: settings.REELAY_LIMIT_VIDEO_BYTES,
      promptCharactersMax: settings.REELAY_LIMIT_PROMPT_CHARACTERS,
    },
  }
}

/** A gateway that others can reach must not run on secrets that were made up on this machine. */
function exposureFaults(given: Environment): string[] {
  const host = given['REELAY_HOST']?.trim()
  if (host === undefined || host === '' || LOOPBACK.has(host)) return []
  const needed = ['REELAY_SECRET', 'REELAY_API_KEY', 'REELAY_PUBLIC_URL'].filter(
    (name) => given[name] === undefined,
  )
  return needed.map((name) => `${name} must be set when REELAY_HOST is not loopback (it is ${host})`)
}

type Alias = { entry: string; alias: string; models: readonly string[] }

/** `fast=cometapi/wan2.6|local/preview; hd=cometapi/wan2.7`: an alias and its candidates in order. */
function aliasEntries(value: string | undefined): readonly Alias[] {
  const entries = (value ?? '')
    .split(';')
    .map((entry) => entry.trim())
    .filter((entry) => entry !== '')
  return entries.map((entry) => {
    const [alias = '', targets = ''] = entry.split('=').map((part) => part.trim())
    const models = targets
      .split('|')
      .map((model) => model.trim())
      .filter((model) => model !== '')
    return { entry, alias, models }
  })
}

const aliasFaults = (given: Environment): string[] =>
  aliasEntries(given['REELAY_ALIASES'])
    .filter(({ alias, models }) => alias === '' || models.length === 0)
    .map(({ entry }) => `REELAY_ALIASES: "${entry}" must look like alias=provider/model|provider/model`)

const aliasesOf = (value: string | undefined): Record<string, readonly string[]> =>
  Object.fromEntries(aliasEntries(value).map(({ alias, models }) => [alias, models]))

const UNIT_MS: Readonly<Record<string, number>> = { s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 }

const durationMs = (value: string): number => Number(value.slice(0, -1)) * (UNIT_MS[value.slice(-1)] ?? 1)
