import { homedir } from 'node:os'
import { join } from 'node:path'
import { z } from 'zod'
import { accountFaults, accountsOf } from './account-settings.ts'
import { ConfigError } from './config-error.ts'
import { parseConfigFile, type ConfigFile } from './config-file/config-file.ts'
import { configuredAliases } from './config-file/configured-aliases.ts'
import { fileAccounts } from './config-file/file-accounts.ts'
import { durationMs } from './duration-ms.ts'
import { storageFaults, storageSettings, type StorageSettings } from './files/storage-settings.ts'
import { DEFAULT_LIMIT_LIST, parseLimitList } from './http/limit-list.ts'
import { tracingFaults, tracingSettings, type TracingSettings } from './observability/tracing-settings.ts'
import type { ProviderKind, ProviderSettings } from './providers/registry.ts'
import {
  isShared as isSharedDatabase,
  readDatabaseLocation,
  type DatabaseLocation,
} from './store/database-location.ts'
import type { Limits } from './store/store.ts'
import { DAY_MS, HOUR_MS, parseKept, retentionFaults } from './retention-settings.ts'
import type { Retention } from './task/retention.ts'
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

export { ConfigError } from './config-error.ts'

/** Everything that can be set, checked and frozen. */
export type Config = Readonly<{
  dataDir: string
  database: DatabaseLocation
  /** What this process does: `api` answers requests, `worker` works on tasks. */
  role: Role
  storage: StorageSettings
  /** Where copies of the database are kept. */
  backupDir: string
  host: string
  port: number
  publicUrl: string
  /**
   * Base of the URLs that providers call back and fetch input files from: the public URL where it is HTTPS and was set,
   * so that it can be reached.
   */
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
  retention: Retention
  profile: StatusProfile
  logLevel: string
  /** Of projects that have none of their own. */
  projectLimits: Readonly<Limits>
  /** How many proxies stand in front. */
  trustedProxies: number
  /** Opens `/metrics`, and nothing else. */
  metricsToken: string | null
  /** Null: nothing is traced. */
  tracing: TracingSettings | null
  /** How much a look may cost: twice as eager halves its price. */
  eagerness: number
  limits: Readonly<{ fileBytesMax: number; videoBytesMax: number; promptCharactersMax: number }>
}>

const ROLES = ['all', 'api', 'worker'] as const

export type Role = (typeof ROLES)[number]

const LOOPBACK = new Set(['127.0.0.1', '::1', 'localhost'])
const SECRET_CHARACTERS_MIN = 32
const PROXIES_MAX = 10
const EAGERNESS_MIN = 0.01
const EAGERNESS_MAX = 100

const text = z.string().trim().min(1)
const duration = z.string().transform((value, context) => {
  const ms = durationMs(value)
  if (ms !== undefined) return ms
  context.addIssue('must be a whole number with s, m, h or d, for instance 24h')
  return z.NEVER
})
const schedule = z.string().transform((value, context) => {
  const steps = parseRetrySchedule(value)
  if (steps !== undefined) return steps
  context.addIssue(
    'must be up to 30 pauses with ms, s, m, h or d, the first of them 0s, for instance 0s,5s,5m,2h',
  )
  return z.NEVER
})
const kept = (leastMs: number, least: string) =>
  z.string().transform((value, context) => {
    const ms = parseKept(value, leastMs)
    if (ms !== undefined) return ms
    context.addIssue(`must be keep, or a time from ${least} to 3650d, for instance 30d`)
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
  // Read before all others, by whoever looks for the file.
  REELAY_CONFIG: text.optional(),
  REELAY_DATA_DIR: text.optional(),
  XDG_DATA_HOME: text.optional(),
  // Read by `databaseOf`.
  REELAY_DATABASE_URL: text.optional(),
  REELAY_DATABASE_CONNECTIONS: z.coerce.number().int().min(2).max(200).default(10),
  REELAY_ROLE: z.enum(ROLES).default('all'),
  REELAY_BACKUP_DIR: text.optional(),
  // With the keys of the storage, read by `storageSettings`.
  REELAY_STORAGE_URL: text.optional(),
  REELAY_STORAGE_REDIRECT: z.enum(['true', 'false']).default('false'),
  REELAY_HOST: text.default('127.0.0.1'),
  REELAY_PORT: z.coerce.number().int().min(0).max(65_535).default(7373),
  REELAY_PUBLIC_URL: z
    .url({ protocol: /^https?$/ })
    .transform((value) => value.replace(/\/+$/, ''))
    .optional(),
  REELAY_API_KEY: z.string().min(SECRET_CHARACTERS_MIN, 'must have 32 or more characters').optional(),
  REELAY_SECRET: z.string().min(SECRET_CHARACTERS_MIN, 'must have 32 or more characters').optional(),
  REELAY_SECRET_PREVIOUS: z.string().min(SECRET_CHARACTERS_MIN, 'must have 32 or more characters').optional(),
  REELAY_METRICS_TOKEN: z.string().min(SECRET_CHARACTERS_MIN, 'must have 32 or more characters').optional(),
  REELAY_ALLOW_HOSTS: z.string().default(''),
  REELAY_PROVIDERS: text.optional(),
  REELAY_DEFAULT_MODEL: text.optional(),
  REELAY_ALIASES: text.optional(),
  REELAY_EAGERNESS: z.coerce.number().min(EAGERNESS_MIN).max(EAGERNESS_MAX).default(1),
  REELAY_LINK_TTL: duration.prefault('24h'),
  REELAY_RETENTION: kept(HOUR_MS, '1h').prefault('keep'),
  REELAY_RETENTION_RECORDS: kept(DAY_MS, '1d').prefault('keep'),
  REELAY_RETENTION_LOGS: kept(DAY_MS, '1d').prefault('30d'),
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
 * @param file what a configuration file would hold
 * @throws ConfigError
 */
export const loadConfig = (environment: Environment, file: ConfigFile = {}): Config =>
  readConfig(environment, { name: 'reelay.config', content: file })

/**
 * `loadConfig` for a file that was found, of which nothing is known yet.
 * @throws ConfigError
 */
export function readConfig(
  environment: Environment,
  { name: fileName, content }: { name: string; content: unknown },
): Config {
  const given = Object.fromEntries(
    Object.entries(environment).filter(([, value]) => value !== undefined && value !== ''),
  )
  const parsed = schema.safeParse(given)
  const read = parseConfigFile(content)
  const ofFile = fileAccounts(read.file, given, fileName)
  const faults = [
    ...exposureFaults(given),
    ...sharingFaults(given),
    ...databaseFaults(given),
    ...accountFaults(given, ofFile.accounts),
    ...aliasFaults(given),
    ...storageFaults(given),
    ...tracingFaults(given),
    ...retentionFaults(given),
    ...[...read.faults, ...ofFile.faults].map((fault) => `${fileName}: ${fault}`),
  ]
  if (!parsed.success || faults.length > 0) {
    const wrong = parsed.success ? [] : [z.prettifyError(parsed.error)]
    const lines = [...wrong, ...faults.map((fault) => `✖ ${fault}`)]
    throw new ConfigError(`these settings are wrong:\n${lines.join('\n')}`)
  }
  const settings = parsed.data
  const aliases = configuredAliases(read.file, aliasesOf(settings.REELAY_ALIASES))
  const config = configOf(settings, accountsOf(given, ofFile.accounts))
  const database = databaseOf(settings, config.dataDir)
  return Object.freeze({
    ...config,
    aliases,
    database,
    storage: storageSettings(given, config.dataDir),
    tracing: tracingSettings(given),
  })
}

function configOf(
  settings: Settings,
  accounts: readonly AccountConfig[],
): Omit<Config, 'aliases' | 'database' | 'storage' | 'tracing'> {
  const dataDir =
    settings.REELAY_DATA_DIR ?? join(settings.XDG_DATA_HOME ?? join(homedir(), '.local', 'share'), 'reelay')
  const host = settings.REELAY_HOST
  const authority = host.includes(':') ? `[${host}]` : host
  return {
    dataDir,
    backupDir: settings.REELAY_BACKUP_DIR ?? join(dataDir, 'backups'),
    role: settings.REELAY_ROLE,
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
    defaultModel:
      settings.REELAY_DEFAULT_MODEL ??
      (accounts.length === 1 ? (accounts[0]?.kind.defaultModel ?? null) : null),
    eagerness: settings.REELAY_EAGERNESS,
    linkTtlMs: settings.REELAY_LINK_TTL,
    webhookSchedule: settings.REELAY_WEBHOOK_SCHEDULE,
    retention: {
      filesMs: settings.REELAY_RETENTION,
      recordsMs: settings.REELAY_RETENTION_RECORDS,
      logsMs: settings.REELAY_RETENTION_LOGS,
    },
    profile: settings.REELAY_STATUS_PROFILE,
    logLevel: settings.REELAY_LOG_LEVEL,
    projectLimits: settings.REELAY_LIMITS,
    trustedProxies: settings.REELAY_TRUST_PROXY,
    metricsToken: settings.REELAY_METRICS_TOKEN ?? null,
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

/** What each process made up for itself would lock the others out. */
function sharingFaults(given: Environment): string[] {
  const isShared = isSharedDatabase(given['REELAY_DATABASE_URL'])
  if (!isShared) {
    const role = given['REELAY_ROLE']
    return role === undefined || role === 'all'
      ? []
      : [
          `REELAY_ROLE can be ${role} on PostgreSQL only: a database file has one process, which does everything`,
        ]
  }
  return ['REELAY_SECRET', 'REELAY_API_KEY']
    .filter((name) => given[name] === undefined)
    .map((name) => `${name} must be set with PostgreSQL, the same for each process on the database`)
}

function databaseFaults(given: Environment): string[] {
  const location = readDatabaseLocation(given['REELAY_DATABASE_URL'])
  return typeof location === 'string' ? [`REELAY_DATABASE_URL ${location}`] : []
}

function databaseOf(settings: Settings, dataDir: string): DatabaseLocation {
  const location = readDatabaseLocation(settings.REELAY_DATABASE_URL)
  if (typeof location === 'string') throw new ConfigError(`REELAY_DATABASE_URL ${location}`)
  return location.kind === 'sqlite'
    ? { kind: 'sqlite', path: location.path || join(dataDir, 'reelay.db') }
    : { ...location, connectionsMax: settings.REELAY_DATABASE_CONNECTIONS }
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
