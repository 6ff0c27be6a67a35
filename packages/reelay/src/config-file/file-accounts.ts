import { isEnabled, settingsOf, valueFault } from '../account-settings.ts'
import type { AccountConfig, Environment } from '../config.ts'
import { PROVIDER_KINDS, type ProviderKind } from '../providers/registry.ts'
import { providerNameOf } from '../task/provider-name.ts'
import type { ParsedConfigFile } from './config-file.ts'
import { customKind } from './custom-kind.ts'

type Accounts = { accounts: readonly AccountConfig[]; faults: readonly string[] }

type Given = Readonly<Record<string, string>>

const NONE: Given = {}

const kindNamed = (name: string | undefined): ProviderKind | undefined =>
  PROVIDER_KINDS.find((kind) => kind.name === name)

const namesOfKinds = (): string => PROVIDER_KINDS.map(({ name }) => name).join(', ')

const isSecret = (kind: ProviderKind, name: string): boolean =>
  kind.settings[name]?.kind === 'secret' || kind.settings[name]?.kind === 'webhook_secrets'

/** Which of the environment's settings an account of the file takes for those that it leaves out. */
function defaultsOf(kind: ProviderKind, own: Given, environment: Environment): Environment {
  const isOwnPlace = Object.keys(own).some(
    (name) => isSecret(kind, name) || kind.settings[name]?.kind === 'url',
  )
  // A key must not go to an address that it was not meant for, nor take the place of another of the
  // account's own.
  const names = Object.keys(kind.settings).filter((name) => !isOwnPlace || !isSecret(kind, name))
  return Object.fromEntries(names.map((name) => [name, environment[name]]))
}

/** The provider's own account is the one of the environment, which may change it. */
function mergedSettings(
  account: string,
  kind: ProviderKind,
  own: Given,
  environment: Environment,
): Environment {
  const defaults = defaultsOf(kind, own, environment)
  const isOwnAccount = account === kind.name
  const set = Object.entries(environment).filter(([name]) => name in kind.settings)
  return isOwnAccount ? { ...own, ...Object.fromEntries(set) } : { ...defaults, ...own }
}

function kindOf(account: string, provider: string | undefined): ProviderKind | string {
  const prefix = providerNameOf(account)
  const kind = kindNamed(provider ?? prefix)
  if (kind === undefined) {
    const said = provider === undefined ? 'is of no known provider' : `names the provider "${provider}"`
    return `${said}: call it <provider>:<name>, or give provider as one of ${namesOfKinds()}`
  }
  if (kindNamed(prefix) !== undefined && prefix !== kind.name) {
    return `has the name of another provider than "${kind.name}": give it another name`
  }
  return Object.keys(kind.settings).length === 0
    ? `cannot be set up: there is one ${kind.name}, and it has no settings`
    : kind
}

/** What is wrong with an account's own settings, and with all of them together. */
function settingFaults(kind: ProviderKind, own: Given, merged: Environment): string[] {
  const unknown = Object.keys(own).filter((name) => !Object.hasOwn(kind.settings, name))
  const legal = Object.keys(kind.settings).join(', ')
  const values = Object.entries(kind.settings).flatMap(
    ([name, setting]) => valueFault(name, setting, own[name]) ?? [],
  )
  const faults = [
    ...unknown.map((name) => `has no setting ${name}; those of ${kind.name} are ${legal}`),
    ...values.map((fault) => `: ${fault}`),
  ]
  if (faults.length > 0) return faults
  if (!isEnabled(kind, merged)) return [`needs ${kind.enabledBy.join(' or ')}`]
  const whole = kind.faultOf?.(settingsOf(kind, merged))
  return whole === undefined ? [] : [`: ${whole}`]
}

function readAccounts(file: ParsedConfigFile, environment: Environment): Accounts {
  const accounts: AccountConfig[] = []
  const faults: string[] = []
  for (const [account, { provider, ...own }] of Object.entries(file.accounts)) {
    const place = `accounts[${JSON.stringify(account)}]`
    const kind = kindOf(account, provider)
    if (typeof kind === 'string') {
      faults.push(`${place} ${kind}`)
      continue
    }
    const merged = mergedSettings(account, kind, own, environment)
    const wrong = settingFaults(kind, own, merged)
    faults.push(...wrong.map((fault) => place + (fault.startsWith(':') ? fault : ` ${fault}`)))
    if (wrong.length === 0) accounts.push({ account, kind, settings: settingsOf(kind, merged) })
  }
  return { accounts, faults }
}

function readProviders(file: ParsedConfigFile, fileName: string): Accounts {
  const faults: string[] = []
  const seen = new Set(Object.keys(file.accounts))
  const accounts = file.providers.map((custom, index): AccountConfig => {
    const place = `providers[${index}]`
    const { name } = custom
    if (kindNamed(providerNameOf(name)) !== undefined) {
      faults.push(
        `${place}.name: "${name}" belongs to the built-in provider of that name: give it another one`,
      )
    }
    if (seen.has(name)) faults.push(`${place}.name: there is another account "${name}": give it another name`)
    seen.add(name)
    const kind = customKind(custom, `${fileName}: ${place} ("${name}")`)
    return { account: name, kind, settings: NONE }
  })
  return { accounts, faults }
}

/** The accounts of the configuration file, in its order: those of built-in providers first. */
export function fileAccounts(file: ParsedConfigFile, environment: Environment, fileName: string): Accounts {
  const built = readAccounts(file, environment)
  const custom = readProviders(file, fileName)
  return {
    accounts: [...built.accounts, ...custom.accounts],
    faults: [...built.faults, ...custom.faults],
  }
}
