import { addressFamily, isForbiddenAddress, isMetadataAddress } from './address.ts'
import { allowLoopbackHosts, allowNothing, allowOrigin, type AllowHosts } from './allow-hosts.ts'
import { lookupAll, type Lookup } from './lookup-all.ts'
import { hostnameOf, portOf } from './url-parts.ts'

/**
 * Who chose a URL. `provider` is a link in a provider's own answer; `ownOrigin` is the base URL that the
 * operator configured for that provider, whose origin passes the guard on private and loopback addresses
 * too.
 */
export type UrlTrust = { from: 'user' } | { from: 'provider'; ownOrigin?: URL }

/** The same at one hop: a server that redirects elsewhere has chosen the URL, and gets no exemption. */
export type HopTrust = UrlTrust | { from: 'redirect' }

type Scheme = 'http' | 'https'

export type RefusalCode = 'url' | 'scheme' | 'credentials' | 'port' | 'address' | 'redirect'

/**
 * Why the guard refuses. `reason` is a sentence for the caller that reveals the URL's host and nothing that
 * it resolved to.
 */
export type Refusal = { ok: false; code: RefusalCode; host: string; reason: string; setting?: string }

export type UrlCheck = { ok: true; url: URL } | Refusal

export type Target = { url: URL; trust: HopTrust }

/** `exempt`: not public, let through by a trust that ends at this origin. */
type AddressCheck = { ok: true; exempt: boolean } | Refusal

export type GuardOptions = {
  allow: AllowHosts
  /**
   * Lets a user's URL reach loopback: for callbacks of a gateway that itself listens on loopback only.
   * Default false.
   */
  allowLoopback?: boolean
  /** Default both. A provider's own origin keeps the scheme that the operator gave it. */
  schemes?: readonly Scheme[]
  lookup?: Lookup
}

/** Decides which URLs and addresses an outbound request may reach. */
export interface Guard {
  /**
   * Scheme, credentials, port and literal addresses, without asking DNS. `trust` is the user's unless
   * given.
   */
  checkUrl(url: string, trust?: HopTrust): UrlCheck
  /**
   * `checkUrl`, and every address of the name. A name that does not resolve now, or not before `signal`
   * aborts, is no refusal: it is checked again when it is connected to.
   */
  checkResolved(url: string, trust?: HopTrust, signal?: AbortSignal): Promise<UrlCheck>
  /** One address that a connection for `target` is about to use, or has reached. */
  checkAddress(target: Target, address: string): AddressCheck
  /** All addresses of a name, unchecked. */
  resolve: Lookup
}

const ALLOW_SETTING = 'REELAY_ALLOW_HOSTS'
const ALL_SCHEMES: readonly Scheme[] = ['https', 'http']

/**
 * The addresses that a host means without asking DNS: its own literal, or loopback for what RFC 6761
 * reserves for it.
 */
function knownAddresses(hostname: string): readonly string[] {
  if (addressFamily(hostname) !== undefined) return [hostname]
  return hostname === 'localhost' || hostname.endsWith('.localhost') ? ['127.0.0.1', '::1'] : []
}

function refusal(code: RefusalCode, host: string, reason: string, setting?: string): Refusal {
  return setting === undefined
    ? { ok: false, code, host, reason }
    : { ok: false, code, host, reason, setting }
}

function schemeOf(url: URL): Scheme | undefined {
  if (url.protocol === 'https:') return 'https'
  return url.protocol === 'http:' ? 'http' : undefined
}

function refuseAddress(url: URL, address: string): Refusal {
  const isName = addressFamily(hostnameOf(url)) === undefined
  if (isName && isMetadataAddress(address)) {
    return refusal(
      'address',
      url.host,
      `The host ${url.host} leads to an address that no host name may reach.`,
    )
  }
  const entry = `${url.hostname}:${portOf(url)}`
  const reason =
    `The host ${url.host} ${isName ? 'leads to an address that is not' : 'is not'} on the public internet. ` +
    `If it is a service of your own, the operator can add "${entry}" to ${ALLOW_SETTING}.`
  return refusal('address', url.host, reason, ALLOW_SETTING)
}

function isOwnOrigin(url: URL, trust: HopTrust): boolean {
  return trust.from === 'provider' && trust.ownOrigin?.origin === url.origin
}

/** Which exemption `trust` gives at `url`, beyond the operator's list. */
function exemption(url: URL, trust: HopTrust, allowLoopback: boolean): AllowHosts {
  if (trust.from === 'user') return allowLoopback ? allowLoopbackHosts : allowNothing
  return isOwnOrigin(url, trust) ? allowOrigin(url) : allowNothing
}

/** The addresses of a name, or none when DNS gives none before `signal` aborts. */
async function resolveBefore(
  lookup: Lookup,
  hostname: string,
  signal: AbortSignal | undefined,
): Promise<readonly string[]> {
  if (signal?.aborted) return []
  const { promise, resolve } = Promise.withResolvers<readonly string[]>()
  const giveUp = (): void => resolve([])
  signal?.addEventListener('abort', giveUp, { once: true })
  lookup(hostname).then(resolve, giveUp)
  return promise.finally(() => signal?.removeEventListener('abort', giveUp))
}

/** The guard that every outbound request for a user's or a provider's URL passes. */
export function createGuard(options: GuardOptions): Guard {
  const { allow, allowLoopback = false, schemes = ALL_SCHEMES, lookup = lookupAll } = options

  function checkAddress({ url, trust }: Target, address: string): AddressCheck {
    const destination = { hostname: hostnameOf(url), port: portOf(url), address }
    if (!isForbiddenAddress(address) || allow.admits(destination)) return { ok: true, exempt: false }
    if (exemption(url, trust, allowLoopback).admits(destination)) return { ok: true, exempt: true }
    return refuseAddress(url, address)
  }

  function checkPort(url: URL, trust: HopTrust): Refusal | undefined {
    const port = portOf(url)
    if (port === 80 || port === 443 || port >= 1024) return undefined
    const hostname = hostnameOf(url)
    if (allow.admitsPort(hostname, port)) return undefined
    if (exemption(url, trust, allowLoopback).admitsPort(hostname, port)) return undefined
    const reason =
      `The port ${port} of ${url.host} is not allowed: use 80, 443, or a port from 1024 on. ` +
      `If it is a service of your own, the operator can add "${url.hostname}:${port}" to ${ALLOW_SETTING}.`
    return refusal('port', url.host, reason, ALLOW_SETTING)
  }

  function checkUrl(text: string, trust: HopTrust = { from: 'user' }): UrlCheck {
    const url = URL.parse(text)
    if (url === null) return refusal('url', '', 'The URL cannot be read: give an absolute http or https URL.')
    const scheme = schemeOf(url)
    if (scheme === undefined || !(schemes.includes(scheme) || isOwnOrigin(url, trust))) {
      const reason = `The scheme ${url.protocol} is not allowed: use ${schemes.join(' or ')}.`
      return refusal('scheme', url.host, reason)
    }
    if (url.username !== '' || url.password !== '') {
      const reason = 'The URL holds a user name or a password: leave out what stands before the @.'
      return refusal('credentials', url.host, reason)
    }
    const portRefusal = checkPort(url, trust)
    if (portRefusal !== undefined) return portRefusal
    const checks = knownAddresses(hostnameOf(url)).map((address) => checkAddress({ url, trust }, address))
    const refusals = checks.filter((check) => !check.ok)
    // `localhost` stands for two addresses, and one that may be reached is enough: connecting checks the
    // real ones.
    const [first] = refusals
    return first !== undefined && refusals.length === checks.length ? first : { ok: true, url }
  }

  async function checkResolved(
    text: string,
    trust: HopTrust = { from: 'user' },
    signal?: AbortSignal,
  ): Promise<UrlCheck> {
    const check = checkUrl(text, trust)
    if (!check.ok || addressFamily(hostnameOf(check.url)) !== undefined) return check
    const addresses = await resolveBefore(lookup, check.url.hostname, signal)
    for (const address of addresses) {
      const found = checkAddress({ url: check.url, trust }, address)
      if (!found.ok) return found
    }
    return check
  }

  return { checkUrl, checkResolved, checkAddress, resolve: lookup }
}
