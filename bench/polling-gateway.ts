import { subscribe } from 'node:diagnostics_channel'
import { writeFileSync } from 'node:fs'
import { parseArgs } from 'node:util'
import { z } from 'zod'
import { createReelay, loadConfig, type Provider } from 'reelay'
import { parseAllowHosts } from '../packages/reelay/src/net/allow-hosts.ts'
import { createGuard } from '../packages/reelay/src/net/guard.ts'
import { createGuardedClient } from '../packages/reelay/src/net/guarded-fetch.ts'
import { probeVideo } from '../packages/reelay/src/media/probe.ts'
import { createReplicate } from '../packages/reelay/src/providers/replicate/index.ts'
import { systemClock } from '../packages/reelay/src/system/clock.ts'

/**
 * The gateway as shipped, with accounts of Replicate at the upstream of the bench that are not kept to its rates, and without
 * pictures of the videos. When it ends it writes how long after its due time each look left this process.
 */
const { values } = parseArgs({
  options: {
    upstream: { type: 'string', default: '' },
    accounts: { type: 'string', default: '1' },
    interval: { type: 'string' },
    stats: { type: 'string', default: '' },
    secret: { type: 'string', default: '' },
  },
})

const UNBOUND = { perSecond: 1e6, burst: 1e6, inFlightMax: 1e7 }
const sentSchema = z.object({ request: z.object({ path: z.string() }) })
/** Ids of jobs end with the time at which they are due first. */
const FIRST_DUE = 2
const LAGS_MAX = 1_000_000
const { interval } = values
const intervalMs = Number(interval)

const allow = parseAllowHosts(new URL(values.upstream).host)
const guarded = createGuardedClient({ guard: createGuard({ allow }), clock: systemClock })

function openAccount(): Provider {
  const provider = createReplicate({
    baseUrl: values.upstream,
    apiKey: 'of nobody',
    webhookSecrets: [values.secret],
    guarded,
    clock: systemClock,
  })
  const fixed = { firstPollMs: intervalMs, intervalMs, intervalMaxMs: intervalMs }
  const timing = { ...provider.traits.timing, ...(interval === undefined ? {} : fixed) }
  return { ...provider, traits: { ...provider.traits, pacing: UNBOUND, timing } }
}

const providers = new Map(
  Array.from({ length: Number(values.accounts) }, (_, index) => [`replicate_${index}`, openAccount()]),
)
const reelay = await createReelay(loadConfig(process.env), {
  providers,
  inspector: { probe: probeVideo, poster: async () => undefined },
})

const dueAtMs = new Map<string, number>()
const lags: [atMs: number, lagMs: number][] = []
watchLags()

const { url } = await reelay.listen()
await reelay.start()
process.stdout.write(`${JSON.stringify({ url })}\n`)
process.once('SIGTERM', () => {
  if (values.stats !== '') writeFileSync(values.stats, JSON.stringify(lags))
  void reelay.stop()
})

/** From the moment that the store was told to the moment that the request is on the wire. */
function watchLags(): void {
  const { store } = reelay
  const jobs = new Map<string, string>()
  const claimDue = store.claimDue.bind(store)
  store.claimDue = async (query) => {
    const batch = await claimDue(query)
    for (const { taskId, task } of batch.claims)
      jobs.set(taskId, task.attempt?.operation?.providerTaskId ?? '')
    return batch
  }
  const commit = store.commit.bind(store)
  store.commit = (move) => {
    const jobId = jobs.get(move.claim.taskId)
    if (jobId !== undefined && move.dueAtMs !== null) dueAtMs.set(jobId, move.dueAtMs)
    return commit(move)
  }
  subscribe('undici:client:sendHeaders', (message) => {
    const { request } = sentSchema.parse(message)
    const jobId = request.path.split('/').at(-1) ?? ''
    const due = dueAtMs.get(jobId) ?? Number(jobId.split('_')[FIRST_DUE])
    if (Number.isNaN(due) || lags.length >= LAGS_MAX) return
    const nowMs = Date.now()
    lags.push([nowMs, nowMs - due])
  })
}
