import { jsonAnswer, type Exchange } from './exchange.ts'

/** `GET /v1/providers` */
export async function listProviders(exchange: Exchange): Promise<Response> {
  const accounts = await exchange.shared.accounts(exchange.request.signal)
  return jsonAnswer({
    object: 'list',
    data: accounts.map(({ provider, account, configured, pausedUntilMs, inFlight, check }) => ({
      object: 'provider_account',
      provider,
      account,
      configured,
      paused_until: pausedUntilMs === null ? null : Math.ceil(pausedUntilMs / 1_000),
      in_flight: inFlight,
      check,
    })),
  })
}
