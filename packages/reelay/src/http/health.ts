import { administersGateway } from './administers.ts'
import { keyOf } from './authenticate.ts'
import { jsonAnswer, type Exchange } from './exchange.ts'

const NO_STORE = { 'cache-control': 'no-store' }

/** `GET /healthz`: the process answers. */
export const healthz = (exchange: Exchange): Response =>
  jsonAnswer({ status: 'ok', version: exchange.shared.settings.version }, NO_STORE)

/** `GET /readyz`: the process can do its work. Why or why not is for administrators of the gateway. */
export async function readyz(exchange: Exchange): Promise<Response> {
  const { ready, detail } = await exchange.shared.readiness()
  const status = ready ? 'ready' : 'not_ready'
  const body = (await seesDetails(exchange)) ? { status, detail } : { status }
  return ready ? jsonAnswer(body, NO_STORE) : jsonAnswer(body, { ...NO_STORE, 'retry-after': '5' }, 503)
}

async function seesDetails(exchange: Exchange): Promise<boolean> {
  try {
    const key = await keyOf(exchange)
    return key !== undefined && administersGateway(key)
  } catch {
    // A probe must work with whatever key it sends, and when the store does not.
    return false
  }
}
