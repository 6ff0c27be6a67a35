import { createClient, type ReelayClient } from '@reelay/sdk'
import { createContext, useContext, type Context } from 'react'
import { PAGE_HEADER } from './session.ts'

/**
 * The SDK's client for the gateway that served this page. The browser adds the session's cookie by itself.
 * @param onUnauthorized called when an answer says that the session is over
 */
export function createApi(onUnauthorized: () => void): ReelayClient {
  return createClient({
    baseURL: globalThis.location.origin,
    idempotentCreate: true,
    fetch: async (input, init) => {
      const headers = new Headers(init?.headers)
      for (const [name, value] of Object.entries(PAGE_HEADER)) headers.set(name, value)
      const response = await fetch(input, { ...init, headers, credentials: 'same-origin' })
      if (response.status === 401) onUnauthorized()
      return response
    },
  })
}

export const ApiContext: Context<ReelayClient | null> = createContext<ReelayClient | null>(null)

export function useApi(): ReelayClient {
  const api = useContext(ApiContext)
  if (api === null) throw new Error('there is no client around this component')
  return api
}
