import dns from 'node:dns/promises'
import { syncBuiltinESMExports } from 'node:module'
import { PUBLIC, type Attack } from '../../src/net/test-attacks.ts'

/** The answers of DNS, in the place of the system's. */
export interface StubbedDns {
  /** From now on names answer as this attack has it; those that it does not know are public. */
  answerFor(attack: Attack): void
  restore(): void
}

function replace(lookup: unknown, resolver: unknown): void {
  Reflect.set(dns, 'lookup', lookup)
  Reflect.set(dns, 'Resolver', resolver)
  syncBuiltinESMExports()
}

const isSix = (address: string): boolean => address.includes(':')

/** Replaces `lookup` and `Resolver` of `node:dns/promises` for every module, so that nothing has to be passed through a gateway. */
export function stubDns(): StubbedDns {
  const original: unknown = Reflect.get(dns, 'lookup')
  const originalResolver: unknown = Reflect.get(dns, 'Resolver')
  let answers = new Map<string, (readonly string[])[]>()
  const next = (hostname: string): readonly string[] => {
    const lists = answers.get(hostname)
    const known = hostname.startsWith('localhost') ? ['127.0.0.1'] : [PUBLIC]
    return lists === undefined ? known : ((lists.length > 1 ? lists.shift() : lists[0]) ?? [])
  }
  /** Both questions about a name are one look at it. */
  class StubResolver {
    #seen: readonly string[] = []
    async resolve4(hostname: string): Promise<readonly string[]> {
      this.#seen = next(hostname)
      return this.#seen.filter((address) => !isSix(address))
    }
    async resolve6(): Promise<readonly string[]> {
      return this.#seen.filter(isSix)
    }
  }
  replace(
    async (hostname: string) =>
      next(hostname).map((address) => ({ address, family: isSix(address) ? 6 : 4 })),
    StubResolver,
  )
  return {
    answerFor: ({ dns: given = {} }) => {
      answers = new Map(Object.entries(given).map(([host, lists]) => [host, [...lists]]))
    },
    restore: () => replace(original, originalResolver),
  }
}
