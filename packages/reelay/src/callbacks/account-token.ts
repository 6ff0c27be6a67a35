import { hkdfSync } from 'node:crypto'

const TOKEN_BYTES = 32

/**
 * The token of the address at which a provider calls back about a whole account. Worked out from the gateway's secret,
 * so that it can be shown again whenever an operator registers it, and is stored nowhere.
 */
export const accountTokenOf = (key: Uint8Array, account: string): string =>
  Buffer.from(hkdfSync('sha256', key, '', account, TOKEN_BYTES)).toString('base64url')
