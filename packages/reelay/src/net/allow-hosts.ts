import { BlockList, isIP } from 'node:net'
import { addressFamily, isMetadataAddress, isPrivateAddress } from './address.ts'
import { hostnameOf, portOf } from './url-parts.ts'

/**
 * Where a connection is about to go: the URL's host as `hostnameOf` gives it, its port, and the address
 * that it means now.
 */
type Destination = { hostname: string; port: number; address: string }

/** The exceptions to the guard that an operator wrote down. */
export interface AllowHosts {
  /** Whether an entry lets a connection to this address through. */
  admits(destination: Destination): boolean
  /** Whether an entry names exactly this host and this port, which the port rule would refuse otherwise. */
  admitsPort(hostname: string, port: number): boolean
}

const SETTING = 'REELAY_ALLOW_HOSTS'

function invalid(entry: string, problem: string): Error {
  return new Error(
    `${SETTING} has the entry "${entry}", which ${problem}. ` +
      'Write "host", "host:port", "[IPv6]:port" or a CIDR such as "10.0.0.0/8", separated by commas.',
  )
}

function nameEntry(name: string, port: number | undefined): AllowHosts {
  const fits = (hostname: string, at: number): boolean =>
    hostname === name && (port === undefined || port === at)
  return {
    admits: ({ hostname, port: at, address }) => fits(hostname, at) && isPrivateAddress(address),
    admitsPort: (hostname, at) => port === at && hostname === name,
  }
}

function rangeEntry(network: string, bits: number, port: number | undefined): AllowHosts {
  const family = addressFamily(network) ?? 'ipv4'
  const list = new BlockList()
  list.addSubnet(network, bits, family)
  // A wide range ("100.64.0.0/10" for a VPN, "0.0.0.0/0") is not meant to hand out a cloud's credentials:
  // only an entry that starts at such an address is about it.
  const namesMetadata = isMetadataAddress(network)
  const covers = (address: string): boolean =>
    addressFamily(address) === family &&
    list.check(address, family) &&
    (namesMetadata || !isMetadataAddress(address))
  return {
    admits: ({ port: at, address }) => (port === undefined || port === at) && covers(address),
    admitsPort: (hostname, at) => port === at && covers(hostname),
  }
}

function parseRange(entry: string): AllowHosts {
  const [network = '', bitsText = '', ...rest] = entry.split('/')
  const address = network.replace(/^\[(.*)\]$/, '$1')
  const family = addressFamily(address)
  if (family === undefined) throw invalid(entry, 'does not start with an IP address')
  const bitsMax = family === 'ipv4' ? 32 : 128
  const bits = /^\d{1,3}$/.test(bitsText) ? Number(bitsText) : Number.NaN
  if (rest.length > 0 || !(bits <= bitsMax)) {
    throw invalid(entry, `needs a prefix length from 0 to ${bitsMax} after the slash and no port`)
  }
  return rangeEntry(address, bits, undefined)
}

function parsePort(entry: string, text: string | undefined): number | undefined {
  if (text === undefined) return undefined
  const port = /^\d{1,5}$/.test(text) ? Number(text) : 0
  if (port < 1 || port > 65_535) throw invalid(entry, 'needs a port from 1 to 65535 after the colon')
  return port
}

function parseEntry(entry: string): AllowHosts {
  if (entry.includes('://')) throw invalid(entry, 'is a URL: leave the scheme and the path out')
  if (entry.includes('/')) return parseRange(entry)
  if (addressFamily(entry) === 'ipv6') return rangeEntry(entry, 128, undefined)
  const parts = /^(\[[^\]]*\]|[^:]*)(?::(.*))?$/.exec(entry)
  const port = parsePort(entry, parts?.[2])
  const host = parts?.[1] ?? ''
  if (host.startsWith('[')) {
    const address = host.slice(1, -1)
    if (addressFamily(address) !== 'ipv6') throw invalid(entry, 'has no IPv6 address in its brackets')
    return rangeEntry(address, 128, port)
  }
  if (addressFamily(host) === 'ipv4') return rangeEntry(host, 32, port)
  if (host.includes('*')) throw invalid(entry, 'has a wildcard: list each host, or the CIDR that they share')
  const url = /^[\p{L}\p{N}._-]+$/u.test(host) ? URL.parse(`http://${host}`) : null
  if (url === null) throw invalid(entry, 'is not a host name')
  const name = hostnameOf(url)
  if (isIP(name) !== 0) throw invalid(entry, `is the address ${name} in another notation: write it that way`)
  return nameEntry(name, port)
}

function anyOf(entries: readonly AllowHosts[]): AllowHosts {
  return {
    admits: (destination) => entries.some((entry) => entry.admits(destination)),
    admitsPort: (hostname, port) => entries.some((entry) => entry.admitsPort(hostname, port)),
  }
}

/**
 * Reads `REELAY_ALLOW_HOSTS`: entries `host`, `host:port`, `[IPv6]:port` or CIDR, separated by commas or
 * white space. A name lets through the private and loopback addresses that it resolves to, never link-local
 * or metadata addresses; those need an entry that starts with such an address.
 *
 * @throws Error that names the entry and how to write it.
 */
export function parseAllowHosts(text: string): AllowHosts {
  return anyOf(
    text
      .split(/[\s,]+/)
      .filter((entry) => entry !== '')
      .map((entry) => parseEntry(entry)),
  )
}

/** Exactly the host and the port of one URL, as if it were an entry of the setting. */
export function allowOrigin(origin: URL): AllowHosts {
  const hostname = hostnameOf(origin)
  const family = addressFamily(hostname)
  if (family === undefined) return nameEntry(hostname, portOf(origin))
  return rangeEntry(hostname, family === 'ipv4' ? 32 : 128, portOf(origin))
}

export const allowNothing: AllowHosts = anyOf([])
export const allowLoopbackHosts: AllowHosts = parseAllowHosts('127.0.0.0/8 ::1/128')
