import { systemClock } from '../clock.ts'
import { ReelayError } from '../errors.ts'
import { createActivity } from './activity.ts'
import { admitCallback, type Admission } from './admit-callback.ts'
import { createDeliveries, type Deliveries } from './deliveries.ts'
import { createFollowers, type Followers } from './followers.ts'
import { createLanes } from './lanes.ts'
import { createMemoryStore } from './memory-store.ts'
import type { ReceiverParts } from './receiver-parts.ts'
import type { Receiver, ReceiverOptions } from './receiver.ts'
import { reportTo } from './report-to.ts'
import { parseTolerance } from './verify-signature.ts'
import { parseSecrets } from './webhook-secrets.ts'

/** Events shown and servers asked at once. */
const CONCURRENCY_MAX = 8
const RESUMED_MAX = 10_000
/** Longer than any sender repeats: 31 days. */
const KEPT_MS = 31 * 86_400_000

/**
 * Receives callbacks about videos and tells the application each event of a task once, whatever the sender
 * does: repeats it, forges it, reorders it, or loses it (see `track`).
 * @throws ReelayError `invalid_argument` when callbacks could be neither verified nor confirmed
 * @throws WebhookVerificationError `invalid_secret`
 */
export function createReceiver(options: ReceiverOptions): Receiver {
  const stop = new AbortController()
  const secrets = secretsOf(options)
  const parts: ReceiverParts = {
    store: options.store ?? createMemoryStore(),
    client: options.client ?? null,
    onEvent: options.onEvent,
    report: reportTo(options.onError),
    confirm: options.confirm ?? 'auto',
    clock: options.clock ?? systemClock,
    activity: createActivity(),
    lanes: createLanes(CONCURRENCY_MAX),
    stop: stop.signal,
    unsaved: new Map(),
  }
  const followers = parts.client === null ? null : createFollowers(parts, options.polling ?? {})
  const deliveries = createDeliveries(parts, followers)
  const admission: Admission = {
    parts,
    deliveries,
    followers,
    secrets,
    toleranceSeconds: parseTolerance(options.toleranceSeconds),
  }
  return {
    requiresSignature: secrets !== null,
    handle: async (request, { waitUntil = options.waitUntil } = {}) => {
      const { response, work } = await admitCallback(admission, request)
      if (work !== null) waitUntil?.(work)
      return response
    },
    track: (taskId) => track(parts, followers, taskId),
    resume: () => parts.activity.run(() => resume(parts, followers, deliveries)),
    idle: () => parts.activity.idle(),
    close: async () => {
      stop.abort()
      followers?.close()
      await parts.activity.idle()
    },
  }
}

function secretsOf({ secret, client, confirm }: ReceiverOptions): readonly string[] | null {
  if (confirm === 'always' && client === undefined) {
    throw invalid("confirm: 'always' asks the server about each event: pass client", 'client')
  }
  if (secret !== undefined) {
    parseSecrets(secret)
    return typeof secret === 'string' ? [secret] : secret
  }
  if (client === undefined && confirm !== 'never') {
    throw invalid(
      "Unsigned callbacks are believed only after the server has confirmed them: pass client (createClient with the server's base URL and key), or secret when the sender signs",
      'client',
    )
  }
  return null
}

async function track(parts: ReceiverParts, followers: Followers | null, taskId: string): Promise<void> {
  if (followers === null) throw invalid('Tracking polls the server: pass client to createReceiver', 'client')
  if (typeof taskId !== 'string' || taskId === '') {
    throw invalid('The task id is empty: pass the id of the created video', 'taskId')
  }
  if (parts.stop.aborted) throw invalid('The receiver is closed: track with a new one', 'taskId')
  const record = await parts.store.task(taskId)
  if (record?.ended === true) return
  await parts.store.setFollowed(taskId, true, parts.clock.nowMs())
  // Without room it stays in the store, for the next resume().
  if (followers.hasRoomFor(taskId)) followers.follow(taskId)
}

async function resume(
  parts: ReceiverParts,
  followers: Followers | null,
  deliveries: Deliveries,
): Promise<void> {
  const { store, clock, confirm } = parts
  await store.prune(clock.nowMs() - KEPT_MS)
  const callbacks = await store.unfinished(RESUMED_MAX)
  const tasks = followers === null ? [] : await store.followed(RESUMED_MAX)
  const work = callbacks.map((reference) => {
    const { key, taskId, webhookId } = reference
    if (webhookId !== null || confirm === 'never') return deliveries.deliver(reference)
    if (taskId === null) return store.finish(key)
    return followers?.hasRoomFor(taskId) === true ? followers.look(taskId, key) : undefined
  })
  const looks = tasks.map((taskId) =>
    followers?.hasRoomFor(taskId) === true ? followers.look(taskId, null) : undefined,
  )
  await Promise.all([...work, ...looks])
}

const invalid = (message: string, param: string): ReelayError =>
  new ReelayError('invalid_argument', message, { param })
