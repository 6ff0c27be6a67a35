import { lookup as systemLookup, Resolver } from 'node:dns/promises'

/** Resolves a name to all of its addresses. Rejects when there is no answer. */
export type Lookup = (hostname: string) => Promise<readonly string[]>

const TIMEOUT_MS = 3_000
const TRIES = 2

/**
 * The addresses of a name. DNS is asked without a thread: the system's own resolver has a few for the whole process, and a
 * few names whose servers never answer would keep everybody else's waiting. It is asked for what DNS does not know: names of
 * this machine and of its network.
 */
export const lookupAll: Lookup = async (hostname) => {
  const resolver = new Resolver({ timeout: TIMEOUT_MS, tries: TRIES })
  const answers = await Promise.allSettled([resolver.resolve4(hostname), resolver.resolve6(hostname)])
  const addresses = answers.flatMap((answer) => (answer.status === 'fulfilled' ? answer.value : []))
  if (addresses.length > 0) return addresses
  const slow = answers.find((answer) => answer.status === 'rejected' && isSlow(answer.reason))
  if (slow?.status === 'rejected') throw slow.reason
  const known = await systemLookup(hostname, { all: true })
  return known.map(({ address }) => address)
}

/** DNS did not answer in time: whoever asks again with a thread only waits again. */
const isSlow = (error: unknown): boolean =>
  error instanceof Error && 'code' in error && (error.code === 'ETIMEOUT' || error.code === 'ECANCELLED')
