import type { AccountView } from './deps.ts'
import { jsonAnswer, type Exchange } from './exchange.ts'

/** `GET /v1/providers` */
export async function listProviders(exchange: Exchange): Promise<Response> {
  const { accounts, settings } = exchange.shared
  const views = await accounts(exchange.request.signal)
  return jsonAnswer({ object: 'list', callback_base: settings.callbackBase, data: views.map(viewAccount) })
}

const viewAccount = (view: AccountView): Record<string, unknown> => ({
  object: 'provider_account',
  provider: view.provider,
  account: view.account,
  configured: view.configured,
  paused_until: view.pausedUntilMs === null ? null : Math.ceil(view.pausedUntilMs / 1_000),
  pause_reason: view.pauseReason,
  in_flight: view.inFlight,
  in_flight_max: view.inFlightMax,
  callbacks: view.callbacks,
  callback_url: view.callbackUrl,
  check: view.check,
})
