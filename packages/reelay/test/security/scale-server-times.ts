import http from 'node:http'
import { syncBuiltinESMExports } from 'node:module'

/** Node's times of a server as it was asked for, in milliseconds. */
export type ServerTimes = { headersTimeout: number; connectionsCheckingInterval: number }

function replace(createServer: unknown): void {
  Reflect.set(http, 'createServer', createServer)
  syncBuiltinESMExports()
}

/**
 * From now on HTTP servers of this process measure slow headers with a clock that runs `factor` times faster: Node's own
 * timers cannot be injected. Tells what the code had asked for.
 */
export function scaleServerTimes(factor: number): { asked: ServerTimes[]; restore: () => void } {
  const asked: ServerTimes[] = []
  const original = http.createServer
  replace((options: http.ServerOptions, listener: http.RequestListener) => {
    const { headersTimeout = 60_000, connectionsCheckingInterval = 30_000 } = options
    asked.push({ headersTimeout, connectionsCheckingInterval })
    return original(
      {
        ...options,
        headersTimeout: headersTimeout / factor,
        connectionsCheckingInterval: connectionsCheckingInterval / factor,
      },
      listener,
    )
  })
  return { asked, restore: () => replace(original) }
}
