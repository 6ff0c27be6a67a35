import type { AccountConfig, Environment } from './config.ts'
import {
  PROVIDER_KINDS,
  type ProviderKind,
  type ProviderSetting,
  type ProviderSettings,
} from './providers/registry.ts'

/** The accounts that the settings turn on: in the order of REELAY_PROVIDERS, or the registry's. */
export function accountsOf(given: Environment): readonly AccountConfig[] {
  const order = namesOf(given['REELAY_PROVIDERS'])
  const kinds =
    order.length === 0
      ? PROVIDER_KINDS
      : order.flatMap((name) => PROVIDER_KINDS.find((kind) => kind.name === name) ?? [])
  return kinds
    .filter((kind) => isEnabled(kind, given))
    .map((kind) => ({
      account: kind.name,
      kind,
      settings: settingsOf(kind, given),
    }))
}

const isEnabled = ({ enabledBy }: ProviderKind, given: Environment): boolean =>
  enabledBy.length === 0 || enabledBy.some((name) => given[name] !== undefined)

/** What is wrong with the providers' settings, a sentence each. */
export function accountFaults(given: Environment): string[] {
  const values = PROVIDER_KINDS.flatMap(({ settings }) =>
    Object.entries(settings).flatMap(([name, setting]) => valueFault(name, setting, given[name]) ?? []),
  )
  const names = namesOf(given['REELAY_PROVIDERS']).flatMap((name) => {
    const kind = PROVIDER_KINDS.find((known) => known.name === name)
    if (kind === undefined) {
      const known = PROVIDER_KINDS.map((other) => other.name).join(', ')
      return [`REELAY_PROVIDERS names ${name}; known are ${known}`]
    }
    return isEnabled(kind, given)
      ? []
      : [`REELAY_PROVIDERS names ${name}, but ${kind.enabledBy.join(' or ')} is not set`]
  })
  const wholes = PROVIDER_KINDS.flatMap((kind) => kind.faultOf?.(settingsOf(kind, given)) ?? [])
  return [...values, ...wholes, ...names]
}

/** The values of an account's settings that are secrets. */
export const secretSettings = ({ kind, settings }: AccountConfig): readonly string[] =>
  Object.entries(kind.settings).flatMap(([name, setting]) =>
    setting.kind === 'secret' ? (settings[name] ?? []) : [],
  )

function settingsOf({ settings }: ProviderKind, given: Environment): ProviderSettings {
  const known: Record<string, string> = {}
  for (const [name, setting] of Object.entries(settings)) {
    const value = given[name]?.trim()
    if (value !== undefined && value !== '') known[name] = setting.kind === 'url' ? baseUrlOf(value) : value
  }
  return known
}

const baseUrlOf = (value: string): string => value.replace(/\/+$/, '').replace(/\/v1$/, '')

function valueFault(name: string, setting: ProviderSetting, value: string | undefined): string | undefined {
  if (value === undefined) return undefined
  switch (setting.kind) {
    case 'secret':
    case 'text':
      return value.trim() === '' ? `${name} is blank` : undefined
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
