import { BlockList, isIP } from 'node:net'

type Family = 'ipv4' | 'ipv6'

function subnets(family: Family, ranges: readonly string[]): BlockList {
  const list = new BlockList()
  for (const range of ranges) {
    const [network = '', bits] = range.split('/')
    list.addSubnet(network, Number(bits), family)
  }
  return list
}

/**
 * Everything that is not ordinary unicast on the public IPv4 internet, and Azure's host agent, which
 * answers on a public address.
 */
const notPublicIpv4: BlockList = subnets('ipv4', [
  '0.0.0.0/8',
  '10.0.0.0/8',
  '100.64.0.0/10',
  '127.0.0.0/8',
  '168.63.129.16/32',
  '169.254.0.0/16',
  '172.16.0.0/12',
  '192.0.0.0/24',
  '192.0.2.0/24',
  '192.31.196.0/24',
  '192.52.193.0/24',
  '192.88.99.0/24',
  '192.168.0.0/16',
  '192.175.48.0/24',
  '198.18.0.0/15',
  '198.51.100.0/24',
  '203.0.113.0/24',
  '224.0.0.0/4',
  '240.0.0.0/4',
])

// Of IPv6 only global unicast is allowed. That one rule shuts out every form that embeds an IPv4 address
// outside it (mapped, compatible, translated, NAT64) together with loopback, unique-local, link-local,
// site-local and multicast.
const globalIpv6: BlockList = subnets('ipv6', ['2000::/3'])
/**
 * Inside global unicast, yet not the public internet: protocol assignments with Teredo, documentation,
 * 6to4.
 */
const notPublicIpv6: BlockList = subnets('ipv6', ['2001::/23', '2001:db8::/32', '2002::/16', '3fff::/20'])

const privateIpv4: BlockList = subnets('ipv4', [
  '10.0.0.0/8',
  '100.64.0.0/10',
  '127.0.0.0/8',
  '172.16.0.0/12',
  '192.168.0.0/16',
  '198.18.0.0/15',
])
const privateIpv6: BlockList = subnets('ipv6', ['::1/128', 'fc00::/7'])

/**
 * Link-local, and the addresses outside it on which clouds answer with credentials (Azure, Oracle,
 * Alibaba).
 */
const metadataRangesIpv4 = ['169.254.0.0/16', '168.63.129.16/32', '192.0.0.192/32', '100.100.100.200/32']
/** Link-local, and the unique-local addresses of the same services (AWS, Google, Scaleway). */
const metadataRangesIpv6 = ['fe80::/10', 'fd00:ec2::254/128', 'fd20:ce::254/128', 'fd00:42::42/128']
const embeddingPrefixes = ['::', '::ffff:', '::ffff:0:', '64:ff9b::', '64:ff9b:1::']

function embedded(range: string): string[] {
  const [network, bits] = range.split('/')
  return embeddingPrefixes.map((prefix) => `${prefix}${network}/${96 + Number(bits)}`)
}

const metadataIpv4: BlockList = subnets('ipv4', metadataRangesIpv4)
const metadataIpv6: BlockList = subnets('ipv6', [
  ...metadataRangesIpv6,
  ...metadataRangesIpv4.flatMap((range) => embedded(range)),
])

/**
 * The family of a plain address; undefined for anything else, an address with a zone (`fe80::1%eth0`)
 * included.
 */
export function addressFamily(ip: string): Family | undefined {
  if (ip.includes('%')) return undefined
  const version = isIP(ip)
  if (version === 0) return undefined
  return version === 4 ? 'ipv4' : 'ipv6'
}

/**
 * Whether an outbound request on behalf of a user or a provider must not reach `ip`: true for everything
 * but ordinary unicast addresses of the public internet, and for a text that is not an address.
 */
export function isForbiddenAddress(ip: string): boolean {
  const family = addressFamily(ip)
  if (family === undefined) return true
  if (family === 'ipv4') return notPublicIpv4.check(ip, 'ipv4')
  return !globalIpv6.check(ip, 'ipv6') || notPublicIpv6.check(ip, 'ipv6')
}

/** Whether `ip` is link-local or a cloud's metadata service, also when an IPv6 address embeds it. */
export function isMetadataAddress(ip: string): boolean {
  const family = addressFamily(ip)
  if (family === undefined) return false
  return family === 'ipv4' ? metadataIpv4.check(ip, 'ipv4') : metadataIpv6.check(ip, 'ipv6')
}

/**
 * Whether `ip` is where an operator's own services live: loopback, private, carrier-grade and unique-local
 * ranges.
 */
export function isPrivateAddress(ip: string): boolean {
  const family = addressFamily(ip)
  if (family === undefined || isMetadataAddress(ip)) return false
  return family === 'ipv4' ? privateIpv4.check(ip, 'ipv4') : privateIpv6.check(ip, 'ipv6')
}
