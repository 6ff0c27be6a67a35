import { webhookSecretsFault, webhookSecretsIn } from './callbacks/standard-webhook.ts'
import type { AccountConfig, Environment } from './config.ts'
import { isShared } from './store/database-location.ts'
import {
  PROVIDER_KINDS,
  type ProviderKind,
  type ProviderSetting,
  type ProviderSettings,
} from './providers/registry.ts'

/**
 * The accounts that are turned on, in the order of REELAY_PROVIDERS, where a provider's name stands for all
 * of its accounts. Without it, those of the configuration file come first and then the registry's.
 */
export function accountsOf(
  given: Environment,
  ofFile: readonly AccountConfig[] = [],
): readonly AccountConfig[] {
  const all = [...ofFile, ...environmentAccounts(given, ofFile)]
  const order = namesOf(given['REELAY_PROVIDERS'])
  return order.length === 0 ? all : [...new Set(order.flatMap((name) => all.filter(isNamed(name))))]
}

const isNamed =
  (name: string) =>
  ({ account, kind }: AccountConfig): boolean =>
    account === name || kind.name === name

/** One account of each provider that the environment turns on, unless the file has one of that very name. */
function environmentAccounts(given: Environment, ofFile: readonly AccountConfig[]): AccountConfig[] {
  const kinds = PROVIDER_KINDS.filter(
    (kind) => isEnabled(kind, given) && !ofFile.some(isAccount(kind.name)) && !isAmiss(kind, given),
  )
  return kinds.map((kind) => ({ account: kind.name, kind, settings: settingsOf(kind, given) }))
}

/** Where several processes share the tasks, any of them must be able to follow a job. */
const isAmiss = ({ name, isOfThisProcess }: ProviderKind, given: Environment): boolean =>
  isOfThisProcess === true &&
  isShared(given['REELAY_DATABASE_URL']) &&
  !namesOf(given['REELAY_PROVIDERS']).includes(name)

const isAccount =
  (name: string) =>
  ({ account }: AccountConfig): boolean =>
    account === name

export const isEnabled = ({ enabledBy }: ProviderKind, given: Environment): boolean =>
  enabledBy.length === 0 || enabledBy.some((name) => given[name] !== undefined)

/** What is wrong with the providers' settings, a sentence each. */
export function accountFaults(given: Environment, ofFile: readonly AccountConfig[] = []): string[] {
  const values = PROVIDER_KINDS.flatMap(({ settings }) =>
    Object.entries(settings).flatMap(([name, setting]) => valueFault(name, setting, given[name]) ?? []),
  )
  const names = namesOf(given['REELAY_PROVIDERS']).flatMap((name) => {
    if (ofFile.some(isNamed(name))) return []
    const kind = PROVIDER_KINDS.find((known) => known.name === name)
    if (kind === undefined) {
      const known = [...PROVIDER_KINDS.map((other) => other.name), ...ofFile.map(({ account }) => account)]
      return [`REELAY_PROVIDERS names ${name}; known are ${[...new Set(known)].join(', ')}`]
    }
    return isEnabled(kind, given)
      ? []
      : [`REELAY_PROVIDERS names ${name}, but ${kind.enabledBy.join(' or ')} is not set`]
  })
  const own = PROVIDER_KINDS.filter((kind) => !ofFile.some(isAccount(kind.name)))
  const wholes = own.flatMap((kind) => kind.faultOf?.(settingsOf(kind, given)) ?? [])
  return [...values, ...wholes, ...names]
}

/** The values of an account's settings that are secrets. */
export const secretSettings = ({ kind, settings }: AccountConfig): readonly string[] =>
  Object.entries(kind.settings).flatMap(([name, setting]) =>
    setting.kind === 'secret'
      ? (settings[name] ?? [])
      : setting.kind === 'webhook_secrets'
        ? webhookSecretsIn(settings[name])
        : [],
  )

export function settingsOf({ settings }: ProviderKind, given: Environment): ProviderSettings {
  const known: Record<string, string> = {}
  for (const [name, setting] of Object.entries(settings)) {
    const value = given[name]?.trim()
    if (value !== undefined && value !== '') known[name] = setting.kind === 'url' ? baseUrlOf(value) : value
  }
  return known
}

const baseUrlOf = (value: string): string => value.replace(/\/+$/, '').replace(/\/v1$/, '')

export function valueFault(
  name: string,
  setting: ProviderSetting,
  value: string | undefined,
): string | undefined {
  if (value === undefined) return undefined
  switch (setting.kind) {
    case 'secret':
    case 'text':
      return value.trim() === '' ? `${name} is blank` : undefined
    case 'webhook_secrets': {
      const fault = webhookSecretsFault(value)
      return fault === undefined ? undefined : `${name} ${fault}`
    }
    case 'url':
      return urlFault(name, value.trim())
    case 'choice':
      return setting.of.includes(value.trim()) ? undefined : `${name} must be one of ${setting.of.join(', ')}`
  }
}

function urlFault(name: string, value: string): string | undefined {
  const url = /^https?:\/\/[^/]/.test(value) ? URL.parse(value) : null
  if (url === null) return `${name} must be an absolute http or https URL`
  return url.username === '' && url.password === ''
    ? undefined
    : `${name} must have no user name or password in it: nothing would send them`
}

const namesOf = (value: string | undefined): readonly string[] =>
  (value ?? '')
    .split(',')
    .map((name) => name.trim())
    .filter((name) => name !== '')
