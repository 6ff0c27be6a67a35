import type { Provider } from '../../src/providers/provider.ts'

/** What goes on between a gateway and its providers: a sign of life for tests that own the clock. */
export class Traffic {
  /** Questions that are asked now. */
  underWay = 0
  /** Those that were answered, or given up. */
  settled = 0

  async through<Result>(work: Promise<Result>): Promise<Result> {
    this.underWay += 1
    try {
      return await work
    } finally {
      this.underWay -= 1
      this.settled += 1
    }
  }
}

/** An attempt whose end nobody knows holds its place: with few places there would soon be none left. */
const PLACES_MAX = 1_000

/** The provider as it is, but with room for all, and with somebody who counts. */
export function watchedProvider(provider: Provider, traffic: Traffic): Provider {
  const { traits } = provider
  const watched: Provider = {
    ...provider,
    traits: { ...traits, pacing: { ...traits.pacing, inFlightMax: PLACES_MAX } },
    start: async (request) => traffic.through(provider.start(request)),
    probe: async (operation, signal) => traffic.through(provider.probe(operation, signal)),
    open: async (output, operation, signal) => traffic.through(provider.open(output, operation, signal)),
  }
  const find = provider.find?.bind(provider)
  if (find !== undefined) watched.find = async (token, signal) => traffic.through(find(token, signal))
  const check = provider.check?.bind(provider)
  if (check !== undefined) watched.check = async (signal) => traffic.through(check(signal))
  return watched
}
