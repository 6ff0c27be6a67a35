import type { Readiness } from './http/deps.ts'
import { StorageUnavailable, type Files } from './files/files.ts'
import type { MediaHost } from './media/media-host.ts'
import type { Clock } from './system/clock.ts'
import type { Provider } from './providers/provider.ts'
import type { Instance, Store } from './store/store.ts'

/** How long an answer about the storage is believed: asking costs requests, and anybody may ask for readiness. */
const STORAGE_KEPT_MS = 30_000
/** Whoever asks for readiness waits for less than this: a storage that does not answer is told as such. */
const ANSWER_MS_MAX = 2_000

/**
 * Whether this process can take tasks: the store answers. Paused accounts and a storage that is away are told, but tasks
 * wait for them without losing anything; without media packages there are no previews and posters, and all else goes on.
 */
export function createReadiness(deps: {
  store: Store
  files: Files
  media: Pick<MediaHost, 'unavailable'>
  clock: Clock
  providers: ReadonlyMap<string, Provider>
  version: string
}): () => Promise<Readiness> {
  const storage = storageWatch(deps)
  return async () => {
    try {
      await deps.store.scheduledAccounts()
    } catch {
      return { ready: false, detail: { store: 'unavailable' } }
    }
    const accounts = await Promise.all(
      [...deps.providers.keys()].map(async (account) => ({
        account,
        paused_until: await deps.store.pausedUntilMs(account),
      })),
    )
    const processes = (await deps.store.instances()).map(viewInstance)
    const { schema } = deps.store.upkeep
    const [told, media] = await Promise.all([storage(), mediaVerdict(deps)])
    const detail = { store: 'ok', storage: told, media, version: deps.version, accounts, processes, schema }
    return { ready: true, detail }
  }
}

const viewInstance = ({ id, role, host, version, startedAtMs, seenAtMs }: Instance): object => ({
  id,
  role,
  host,
  version,
  started_at: startedAtMs / 1_000,
  seen_at: seenAtMs / 1_000,
})

/** `ok`, or what to do. Many who ask at the same time cause one look. */
function storageWatch({ files, clock }: { files: Files; clock: Clock }): () => Promise<string> {
  let looked: { atMs: number; verdict: Promise<string> } | undefined
  return () => {
    const nowMs = clock.monotonicMs()
    if (looked === undefined || nowMs - looked.atMs >= STORAGE_KEPT_MS)
      looked = { atMs: nowMs, verdict: inTime(verdictOf(files), clock, 'the storage does not answer') }
    return looked.verdict
  }
}

async function inTime(verdict: Promise<string>, clock: Clock, lateAnswer: string): Promise<string> {
  const ended = new AbortController()
  const late = clock.sleep(ANSWER_MS_MAX, ended.signal).then(() => lateAnswer)
  const first = await Promise.race([verdict, late])
  ended.abort()
  return first
}

async function verdictOf(files: Files): Promise<string> {
  try {
    await files.check()
    return 'ok'
  } catch (error) {
    return error instanceof StorageUnavailable ? error.message : 'unavailable: the log has the details'
  }
}

/** `ok`, or what is missing and how to install it. The packages are tried once; who asks first may wait for that. */
function mediaVerdict({
  media,
  clock,
}: {
  media: Pick<MediaHost, 'unavailable'>
  clock: Clock
}): Promise<string> {
  const verdict = media.unavailable().then(
    (missing) => missing ?? 'ok',
    (error: unknown) => `not known: ${error instanceof Error ? error.message : String(error)}`,
  )
  return inTime(verdict, clock, 'not known yet: the packages are being tried')
}
