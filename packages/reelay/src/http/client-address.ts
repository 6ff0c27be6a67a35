import { isIPv4, isIPv6 } from 'node:net'

const GROUPS = 8
/** What one customer of a network usually gets of IPv6: a /64. */
const GROUPS_OF_NETWORK = 4

export type AddressSource = {
  /** Of the socket; undefined where there is none. */
  peer: string | undefined
  /** The X-Forwarded-For header. */
  forwardedFor: string | null
  /** How many proxies stand in front: each adds the address that it saw on the right. 0: the header is nobody's word. */
  proxies: number
}

/**
 * Who a request comes from, as a name to count by: an IPv4 address, or the first half of an IPv6 one. Undefined without a
 * socket.
 */
export function clientAddressOf({ peer, forwardedFor, proxies }: AddressSource): string | undefined {
  const socket = peer === undefined ? undefined : networkOf(peer)
  if (socket === undefined || proxies === 0 || forwardedFor === null) return socket
  const entries = forwardedFor.split(',')
  // Fewer entries than proxies: the leftmost is the farthest that a proxy vouches for.
  const entry = entries.at(-proxies) ?? entries[0] ?? ''
  return networkOf(entry.trim()) ?? socket
}

/** Undefined for what is no address. Some proxies add the port. */
function networkOf(text: string): string | undefined {
  const bare = /^\[([^\]]*)\](?::\d+)?$/.exec(text)?.[1] ?? /^([\d.]+):\d+$/.exec(text)?.[1] ?? text
  const address = bare.split('%', 1)[0] ?? ''
  const mapped = /^::ffff:([\d.]+)$/i.exec(address)?.[1] ?? address
  if (isIPv4(mapped)) return mapped
  return isIPv6(mapped) ? networkOfIpv6(mapped) : undefined
}

function networkOfIpv6(address: string): string {
  const [left = '', right] = address.toLowerCase().split('::')
  const head = left.split(':').filter((group) => group !== '')
  const tail = (right ?? '').split(':').filter((group) => group !== '')
  // A dotted tail stands for two groups; it is never part of the network.
  const tailGroups = tail.length + (tail.at(-1)?.includes('.') === true ? 1 : 0)
  const zeros = Array.from({ length: Math.max(0, GROUPS - head.length - tailGroups) }, () => '0')
  const groups = [...head, ...(right === undefined ? [] : zeros), ...tail].slice(0, GROUPS_OF_NETWORK)
  return groups.map((group) => group.replace(/^0+(?=.)/, '')).join(':')
}
