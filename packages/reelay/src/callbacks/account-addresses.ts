import { hashOfKey } from '../system/hash-of-key.ts'
import { providerNameOf } from '../task/provider-name.ts'
import { accountTokenOf } from './account-token.ts'

/** Where providers call back that take one address for a whole account, which their operators register there. */
export interface AccountAddresses {
  /** What to register for an account; null when its provider takes none, or cannot reach this gateway. */
  urlOf(account: string): string | null
  /** The account whose address has this token; undefined for an unknown one. */
  accountOf(tokenHash: string): string | undefined
}

export type AccountAddressOptions = {
  /** The first makes the addresses that are shown; those of the others still hold. */
  keys: readonly Uint8Array[]
  /** Those whose provider takes such an address. */
  accounts: readonly string[]
  /** Null when no provider can reach this gateway. */
  base: string | null
}

export function createAccountAddresses({ keys, accounts, base }: AccountAddressOptions): AccountAddresses {
  const [first] = keys
  const byHash = new Map(
    keys.flatMap((key) =>
      accounts.map((account) => [hashOfKey(accountTokenOf(key, account)), account] as const),
    ),
  )
  return {
    urlOf: (account) =>
      base === null || first === undefined || !accounts.includes(account)
        ? null
        : `${base}/hooks/${providerNameOf(account)}/${accountTokenOf(first, account)}`,
    accountOf: (tokenHash) => byHash.get(tokenHash),
  }
}
