import { createServer } from 'node:net'
import { constants } from 'node:os'

/** Every TCP connection that this process tried to open. */
export type Dials = {
  /** `address:port`, in order. */
  readonly seen: string[]
  /**
   * Sends what is dialled at `from` (`address:port`) to a loopback port instead, as a deceitful network
   * could.
   */
  divert(from: string, port: number): void
  restore(): void
}

/**
 * Records connection attempts at Node's TCP handle, below every library, and refuses all that leave
 * loopback: tests dial the most forbidden addresses without a packet leaving the machine.
 */
export function recordDials(): Promise<Dials> {
  const { promise, resolve, reject } = Promise.withResolvers<Dials>()
  const probe = createServer().listen(0, '127.0.0.1', () => {
    const handle: unknown = Reflect.get(probe, '_handle')
    const prototype: unknown = Object.getPrototypeOf(handle)
    probe.close()
    if (typeof prototype === 'object' && prototype !== null) resolve(patch(prototype))
    else reject(new Error('Node keeps the TCP handle elsewhere now: adapt this recorder.'))
  })
  return promise
}

function patch(prototype: object): Dials {
  const seen: string[] = []
  const diverted = new Map<string, number>()
  const restores = ['connect', 'connect6'].map((name) => {
    const original: unknown = Reflect.get(prototype, name)
    if (typeof original !== 'function')
      throw new Error(`Node's TCP handle has no method ${name}: adapt this recorder.`)
    Reflect.set(
      prototype,
      name,
      function connect(this: unknown, request: unknown, address: string, port: number) {
        seen.push(`${address}:${port}`)
        const divertedPort = diverted.get(`${address}:${port}`)
        const isLoopback = address === '127.0.0.1' || address === '::1'
        if (divertedPort === undefined && !isLoopback) return -constants.errno.ECONNREFUSED
        const target = divertedPort === undefined ? [address, port] : ['127.0.0.1', divertedPort]
        const code: unknown = Reflect.apply(original, this, [request, ...target])
        return code
      },
    )
    return () => Reflect.set(prototype, name, original)
  })
  return {
    seen,
    divert: (from, port) => diverted.set(from, port),
    restore: () => {
      for (const restore of restores) restore()
    },
  }
}
