import type { Model } from '@reelay/sdk'
import type { ProviderModel } from '../task/capabilities.ts'
import { INPUT_PARAMS } from '../task/fit-inputs.ts'
import { fitRequest } from '../task/fit-request.ts'
import type { Fit, Normalize } from '../task/fit.ts'
import type { Candidate, VideoRequest } from '../task/request.ts'
import type { Catalog, Plan } from './catalog.ts'
import type { Provider } from './provider.ts'

/** One configured account. */
export type CatalogAccount = {
  /** For instance `cometapi` or `cometapi:eu`. */
  account: string
  providerName: string
  provider: Provider
}

export type CatalogOptions = {
  accounts: readonly CatalogAccount[]
  /** Names of one's own, each for models in order of preference: `provider/model` or a bare name. */
  aliases: Readonly<Record<string, readonly string[]>>
  /** Accounts or providers, the preferred first. Those that are not in it come last, as configured. */
  order: readonly string[]
  /** Whether providers can fetch files from this gateway. */
  isReachable: () => boolean
}

/** A model at an account. `known` is null for a model that the catalog does not have. */
type Found = { owner: CatalogAccount; model: string; known: ProviderModel | null }

/** What a model makes of a request, or why it cannot serve it. */
type Match = (Fit<VideoRequest> & { ok: true }) | { ok: false; refusal: Refusal }

type Refusal = Plan & { kind: 'invalid' | 'unreachable' }

const NAMES_TOLD_MAX = 12

function inOrder(accounts: readonly CatalogAccount[], order: readonly string[]): CatalogAccount[] {
  const place = ({ account, providerName }: CatalogAccount): number => {
    const places = [order.indexOf(account), order.indexOf(providerName)].filter((index) => index >= 0)
    return places.length === 0 ? order.length : Math.min(...places)
  }
  return accounts.toSorted((a, b) => place(a) - place(b))
}

const knownModel = (owner: CatalogAccount, model: string): ProviderModel | null =>
  owner.provider.models().find((known) => known.id === model) ?? null

/**
 * `provider/model`, if the part before the first slash is a configured account or provider: the account of that very
 * name first, then the provider's others.
 */
function findExact(name: string, accounts: readonly CatalogAccount[]): Found | null {
  const slash = name.indexOf('/')
  const prefix = name.slice(0, Math.max(0, slash))
  const model = name.slice(slash + 1)
  if (prefix === '' || model === '') return null
  const named = accounts.filter(({ account }) => account === prefix)
  const owners = [...named, ...accounts.filter((owner) => owner.providerName === prefix)]
  const owner = owners.find((candidate) => knownModel(candidate, model) !== null)
  if (owner !== undefined) return { owner, model, known: knownModel(owner, model) }
  const open = owners.find((candidate) => candidate.provider.traits.openCatalog)
  return open === undefined ? null : { owner: open, model, known: null }
}

function findBare(name: string, accounts: readonly CatalogAccount[]): Found | null {
  const owner = accounts.find((candidate) => knownModel(candidate, name) !== null)
  return owner === undefined ? null : { owner, model: name, known: knownModel(owner, name) }
}

function fit(request: VideoRequest, found: Found, normalize: Normalize): Fit<VideoRequest> {
  const { providerOptions } = found.owner.provider.traits
  const option = Object.keys(request.providerOptions).find((name) => !providerOptions.includes(name))
  if (option !== undefined) {
    const legal = providerOptions.length === 0 ? 'none' : providerOptions.join(', ')
    const message = `${found.owner.account} takes no option "${option}". Its options: ${legal}.`
    return { ok: false, param: 'provider_options', message }
  }
  const capabilities = found.known?.capabilities ?? null
  if (capabilities === null) return { ok: true, value: request, warnings: [] }
  return fitRequest(request, { model: found.model, capabilities, normalize })
}

/** Files that a provider fetches are of no use where it cannot reach this gateway: known now, not once it fails. */
function refuseUnreachable(
  { inputs: [first] }: VideoRequest,
  { owner, model, known }: Found,
): Refusal | null {
  const way = known?.inputs ?? owner.provider.traits.inputs
  if (first === undefined || way !== 'url') return null
  const message =
    `The model ${model} of ${owner.account} fetches input files by URL, and this gateway has no address that it could ` +
    'reach. Set REELAY_PUBLIC_URL to the public https address of this gateway, or name a model that is sent the files.'
  return { kind: 'unreachable', param: INPUT_PARAMS[first.role], message }
}

const candidateOf = ({ owner, model }: Found): Candidate => ({ account: owner.account, model })

/** The first model that can serve the request sets its words; those after it must be able to serve the same. */
function planFor(
  found: readonly Found[],
  { request, normalize, isReachable }: { request: VideoRequest; normalize: Normalize; isReachable: boolean },
): Plan {
  const match = (wanted: VideoRequest, one: Found, how: Normalize): Match => {
    const fitted = fit(wanted, one, how)
    if (!fitted.ok)
      return { ok: false, refusal: { kind: 'invalid', param: fitted.param, message: fitted.message } }
    const refusal = isReachable ? null : refuseUnreachable(wanted, one)
    return refusal === null ? fitted : { ok: false, refusal }
  }
  const refusals: Refusal[] = []
  for (const [index, first] of found.entries()) {
    const fitted = match(request, first, normalize)
    if (!fitted.ok) {
      refusals.push(fitted.refusal)
      continue
    }
    const others = found.slice(index + 1).filter((other) => match(fitted.value, other, 'none').ok)
    const chosen = [first, ...others]
    const isUnlisted = chosen.some((one) => one.known === null)
    return {
      kind: 'planned',
      request: fitted.value,
      candidates: chosen.map(candidateOf),
      warnings: [...fitted.warnings, ...(isUnlisted ? ['model_not_in_catalog'] : [])],
      deadlineMs: Math.max(...chosen.map(({ owner }) => owner.provider.traits.timing.deadlineMs)),
    }
  }
  return refusals[0] ?? { kind: 'unknown_model', message: 'No model was found.' }
}

/** The models of all configured accounts as one catalog. Reads the accounts' models anew each time: some learn theirs. */
export function createCatalog(options: CatalogOptions): Catalog {
  const accounts = inOrder(options.accounts, options.order)
  const aliases = new Map(Object.entries(options.aliases))

  const find = (name: string): Found | null => findExact(name, accounts) ?? findBare(name, accounts)

  function list(): Model[] {
    const models = new Map<string, Model>()
    const add = (id: string, { owner, known }: Found): void => {
      if (models.has(id)) return
      const described = { capabilities: known?.capabilities ?? null, price: known?.price ?? null }
      models.set(id, { id, object: 'model', created: 0, owned_by: owner.account, ...described })
    }
    for (const [alias, names] of aliases) {
      const first = names.map(find).find((found) => found !== null)
      if (first != null) add(alias, first)
    }
    for (const owner of accounts) {
      for (const known of owner.provider.models()) {
        const isTaken = models.has(known.id)
        add(isTaken ? `${owner.account}/${known.id}` : known.id, { owner, model: known.id, known })
      }
    }
    return [...models.values()]
  }

  function unknownModel(name: string): Plan {
    const names = list().map((model) => model.id)
    const told = names.slice(0, NAMES_TOLD_MAX).join(', ') + (names.length > NAMES_TOLD_MAX ? ', …' : '')
    const message =
      names.length === 0
        ? `The model "${name}" is not known: no configured provider lists any. Name it as provider/model.`
        : `The model "${name}" is not known. Known models: ${told}. GET /v1/models lists them all.`
    return { kind: 'unknown_model', message }
  }

  return {
    list,
    plan: (request, normalize) => {
      const names = aliases.get(request.model) ?? [request.model]
      const found = names.map(find).filter((one) => one !== null)
      if (found.length === 0) return unknownModel(request.model)
      return planFor(found, { request, normalize, isReachable: options.isReachable() })
    },
  }
}
