import dns from 'node:dns/promises'
import { syncBuiltinESMExports } from 'node:module'
import { PUBLIC, type Attack } from '../../src/net/test-attacks.ts'

/** The answers of DNS, in the place of the system's. */
export interface StubbedDns {
  /** From now on names answer as this attack has it; those that it does not know are public. */
  answerFor(attack: Attack): void
  restore(): void
}

function replace(lookup: unknown): void {
  Reflect.set(dns, 'lookup', lookup)
  syncBuiltinESMExports()
}

/** Replaces `lookup` of `node:dns/promises` for every module, so that nothing has to be passed through a gateway. */
export function stubDns(): StubbedDns {
  const original: unknown = Reflect.get(dns, 'lookup')
  let answers = new Map<string, (readonly string[])[]>()
  replace(async (hostname: string) => {
    const lists = answers.get(hostname)
    const known = hostname.startsWith('localhost') ? ['127.0.0.1'] : [PUBLIC]
    const addresses = lists === undefined ? known : ((lists.length > 1 ? lists.shift() : lists[0]) ?? [])
    return addresses.map((address) => ({ address, family: address.includes(':') ? 6 : 4 }))
  })
  return {
    answerFor: ({ dns: given = {} }) => {
      answers = new Map(Object.entries(given).map(([host, lists]) => [host, [...lists]]))
    },
    restore: () => replace(original),
  }
}
