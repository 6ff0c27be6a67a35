import { PAGE_HEADER } from './session.ts'

/** One account of a provider, and how it fares. Times are unix seconds. */
export type ProviderAccount = {
  provider: string
  account: string
  /** False: tasks wait for it, and it is no longer set up. */
  configured: boolean
  pausedUntil: number | null
  pauseReason: string | null
  inFlight: number
  /** Null when the account is not set up. */
  inFlightMax: number | null
  /** Whether an address to call back goes out with each job. */
  callbacks: boolean
  /** To be registered at the provider, for all jobs; null where it takes none. */
  callbackUrl: string | null
  /** Of its credentials; null where the provider has no question that spends nothing. */
  check: { ok: boolean; detail: string } | null
}

export type ProviderAccounts = {
  /** What addresses to call back begin with; null: providers cannot reach this gateway. */
  callbackBase: string | null
  accounts: readonly ProviderAccount[]
}

type Fields = Readonly<Record<string, unknown>>

/** `GET /v1/providers`, which the SDK does not speak: it is for whoever looks after the gateway. */
export async function readProviderAccounts(signal: AbortSignal): Promise<ProviderAccounts> {
  const response = await fetch('/v1/providers', { headers: PAGE_HEADER, credentials: 'same-origin', signal })
  const body: unknown = await response.json().catch(() => null)
  const fields = fieldsOf(body)
  const { data } = fields
  if (response.ok && Array.isArray(data)) {
    return { callbackBase: textOf(fields['callback_base']), accounts: data.map(fieldsOf).map(accountOf) }
  }
  throw new Error(textOf(fieldsOf(fields['error'])['message']) ?? `The gateway answered ${response.status}.`)
}

const fieldsOf = (value: unknown): Fields => (isFields(value) ? value : {})

const isFields = (value: unknown): value is Fields => typeof value === 'object' && value !== null

const textOf = (value: unknown): string | null => (typeof value === 'string' ? value : null)

const numberOf = (value: unknown): number | null => (typeof value === 'number' ? value : null)

function accountOf(fields: Fields): ProviderAccount {
  const check = fields['check']
  return {
    provider: textOf(fields['provider']) ?? '',
    account: textOf(fields['account']) ?? '',
    configured: fields['configured'] === true,
    pausedUntil: numberOf(fields['paused_until']),
    pauseReason: textOf(fields['pause_reason']),
    inFlight: numberOf(fields['in_flight']) ?? 0,
    inFlightMax: numberOf(fields['in_flight_max']),
    callbacks: fields['callbacks'] === true,
    callbackUrl: textOf(fields['callback_url']),
    check: isFields(check) ? { ok: check['ok'] === true, detail: textOf(check['detail']) ?? '' } : null,
  }
}
