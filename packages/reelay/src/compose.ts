import { join } from 'node:path'
import { secretSettings } from './account-settings.ts'
import { checkProvider, viewAccounts } from './account-views.ts'
import type { Config } from './config.ts'
import type { EngineContext, Inspector } from './engine/context.ts'
import type { DeliveryContext } from './engine/deliver.ts'
import { Deliverer } from './engine/deliverer.ts'
import { Engine } from './engine/engine.ts'
import { removeLeftovers } from './engine/remove-files.ts'
import { Slots } from './engine/slots.ts'
import { openDiskFiles } from './files/disk-files.ts'
import type { Files } from './files/files.ts'
import { INPUTS } from './files/storage-key.ts'
import { createApp } from './http/app.ts'
import { bodyBytesMaxOf } from './http/body-bytes-max.ts'
import { InputRefused, type FetchInput, type HttpSettings } from './http/deps.ts'
import type { HttpBindings } from './http/exchange.ts'
import { viewTask } from './http/find-video.ts'
import { serve, type Serving } from './http/serve.ts'
import { createMediaHost, type MediaHost } from './media/media-host.ts'
import { probeVideo } from './media/probe.ts'
import { parseAllowHosts } from './net/allow-hosts.ts'
import { createGuard, type Guard } from './net/guard.ts'
import { createGuardedClient, type GuardedClient } from './net/guarded-fetch.ts'
import { createCatalog } from './providers/catalog-of.ts'
import type { Provider } from './providers/provider.ts'
import { createReadiness } from './readiness.ts'
import { loadSecrets, type Secrets } from './secrets.ts'
import { openSqliteStore } from './store/sqlite/sqlite-store.ts'
import type { Store } from './store/store.ts'
import { systemClock, type Clock } from './system/clock.ts'
import { hashOfKey } from './system/hash-of-key.ts'
import { systemIds, type Ids, type Random } from './system/ids.ts'
import { createLog, type Log } from './system/log.ts'
import { providerNameOf } from './task/provider-name.ts'
import { createVault, type Vault } from './system/vault.ts'
import { VERSION } from './version.ts'

const LEASE_MS = 30_000
const STEPS_MAX = 256
const DOWNLOADS_MAX = 8
const STOP_GRACE_MS = 8_000
/** A delivery that is cut off is only sent again: it need not be waited for as long as a submit. */
const DELIVERY_GRACE_MS = 3_000
const INPUT_TIMEOUT_MS = 60_000
const PACING_UNCONFIGURED = { perSecond: 1, burst: 5 }

/** What a test or an embedding application may put in the place of the system's own. */
export type Overrides = {
  clock?: Clock
  ids?: Ids
  random?: Random
  log?: Log
  /** Replaces the configured accounts. */
  providers?: ReadonlyMap<string, Provider>
  /** Called for each configured account: what it returns takes its place. */
  wrapProvider?: (account: string, provider: Provider) => Provider
  inspector?: Inspector
  checkpoint?: EngineContext['checkpoint']
}

/** A gateway in this process. */
export interface Reelay {
  /**
   * The HTTP interface as a function, to mount in a server of your own. On a Node server, pass Node's response as
   * `env.outgoing` (`@hono/node-server` hands it to its callback): it tells when an answer has left this process. Without it
   * the retry of a client that counts its retries may join a request that was answered already. Without `env.incoming`, Node's
   * request, nobody can tell who is connected, and failed authentications are not limited.
   */
  fetch(request: Request, env?: HttpBindings): Promise<Response>
  /** Starts working on tasks. */
  start(): Promise<void>
  /** Serves HTTP on the configured host and port. */
  listen(): Promise<Serving>
  /** Stops serving and working within ten seconds; what was accepted goes on at the next start. */
  stop(): Promise<void>
  readonly store: Store
  /** Where the bootstrap admin key was written; null when it was given in the settings. */
  readonly adminKeyPath: string | null
  readonly adminKey: string
}

type Parts = {
  clock: Clock
  ids: Ids
  log: Log
  store: Store
  files: Files
  media: MediaHost
  guard: Guard
  guarded: GuardedClient
  providers: ReadonlyMap<string, Provider>
  secrets: Secrets
  vault: Vault
  /** Folders of inputs that earlier processes left, for tasks that run and for those that never came to be. */
  inputFolders: readonly string[]
}

/**
 * Puts a gateway together: the only place that constructs adapters. Nothing works or listens before `start` and `listen`.
 * @throws DatabaseOwned when another process uses the database.
 */
export async function createReelay(config: Config, overrides: Overrides = {}): Promise<Reelay> {
  const clock = overrides.clock ?? systemClock
  const ids = overrides.ids ?? systemIds
  const secrets = await loadSecrets(config, ids)
  const log = overrides.log ?? createLog(config.logLevel, undefined, knownSecrets(config, secrets))
  const store = await openSqliteStore({ path: config.databasePath, clock })
  // Until everything stands: a later part may fail, and whoever tries again must find the database free.
  await using opened = new AsyncDisposableStack()
  opened.defer(() => store.close())
  const files = await openDiskFiles(config.filesDir)
  // Before a request can be answered, so that neither of these is ever a file of a request that is under way.
  await files.sweep()
  const inputFolders = await files.names(INPUTS)
  const media = createMediaHost({ workDir: join(config.dataDir, 'media'), log, clock })
  opened.defer(() => media.stop())
  const guard = createGuard({ allow: parseAllowHosts(config.allowHosts) })
  const guarded = createGuardedClient({ guard, clock })
  const vault = createVault(secrets.vaultKeys)
  const base = { clock, ids, log, store, files, media, guard, guarded, secrets, vault, inputFolders }
  const wrap = overrides.wrapProvider ?? ((_account, provider) => provider)
  const configured = overrides.providers ?? (await createProviders(config, base))
  const providers = new Map([...configured].map(([account, provider]) => [account, wrap(account, provider)]))
  const parts: Parts = { ...base, providers }
  await store.createKey(bootstrapKey(config, clock.nowMs()), hashOfKey(secrets.adminKey))
  const reelay = assemble(config, parts, overrides)
  opened.move()
  return reelay
}

/** What must never be logged, whoever repeats it. */
const knownSecrets = (config: Config, { adminKey }: Secrets): readonly string[] => [
  adminKey,
  ...[config.secret, config.secretPrevious].flatMap((value) => value ?? []),
  ...config.accounts.flatMap(secretSettings),
]

function assemble(config: Config, parts: Parts, overrides: Overrides): Reelay {
  const { store, files, log, providers, secrets } = parts
  const stopping = new AbortController()
  const context = engineContext(config, parts, overrides)
  const engine = new Engine(context)
  const settings = httpSettings(config, parts)
  const webhookGuard = createWebhookGuard(config)
  const deliverer = new Deliverer(deliveryContext(config, parts, { context, settings, webhookGuard }))
  const app = createApp({
    ...parts,
    settings,
    catalog: createCatalog({
      accounts: [...providers].map(([account, provider]) => ({
        account,
        provider,
        providerName: providerNameOf(account),
      })),
      aliases: config.aliases,
      order: [...providers.keys()],
    }),
    fetchInput: inputFetcher(parts.guarded),
    refuseCallbackUrl: (url) => {
      const check = webhookGuard.checkUrl(url)
      return check.ok ? null : check.reason
    },
    accounts: (signal) => viewAccounts({ store, providers }, signal),
    readCallback: (account, callback) =>
      providers.get(account)?.readCallback?.(callback) ?? {
        verdict: 'unsigned',
        operation: null,
        hint: 'moved',
      },
    readiness: createReadiness({ store, providers, version: VERSION }),
    stopping: stopping.signal,
  })
  let served: Serving | undefined
  let working = false
  let checks = Promise.resolve()
  return {
    store,
    adminKey: secrets.adminKey,
    adminKeyPath: secrets.adminKeyPath,
    fetch: (request, env) => app.fetch(request, env),
    start: async () => {
      working = true
      await store.clearLeases()
      await removeLeftovers({ store, files, log }, parts.inputFolders)
      await engine.start()
      deliverer.start()
      checks = checkAll(providers, log, stopping.signal)
    },
    listen: async () => {
      served = await serve(app, { host: config.host, port: config.port, limits: settings.limits, log })
      if (config.publicUrlFollowsPort) settings.publicUrl = served.url
      return served
    },
    stop: async () => {
      stopping.abort()
      const stops = working ? [engine.stop(STOP_GRACE_MS), deliverer.stop(DELIVERY_GRACE_MS)] : []
      await Promise.all([served?.close(), ...stops])
      for (const provider of providers.values()) await provider.stop?.()
      await parts.media.stop()
      // Last: a check that minds no signal ends with what it asks.
      await checks
      await store.close()
    },
  }
}

/** Learns the models of servers that publish them, and warns early about credentials that do not work. */
async function checkAll(
  providers: ReadonlyMap<string, Provider>,
  log: Log,
  signal: AbortSignal,
): Promise<void> {
  await Promise.all(
    [...providers].map(async ([account, provider]) => {
      const check = await checkProvider(provider, signal)
      if (check?.ok === false && !signal.aborted)
        log.warn({ account, reason: check.detail }, 'a provider account does not work')
    }),
  )
}

function engineContext(config: Config, parts: Parts, overrides: Overrides): EngineContext {
  const { providers, clock, ids } = parts
  return {
    ...parts,
    pacingOf: (account) => providers.get(account)?.traits.pacing ?? PACING_UNCONFIGURED,
    inspector: overrides.inspector ?? {
      probe: probeVideo,
      poster: (video, out, signal) => parts.media.poster(video, out, signal),
    },
    random: overrides.random ?? Math.random,
    owner: ids.id('worker', clock.nowMs()),
    leaseMs: LEASE_MS,
    concurrencyMax: STEPS_MAX,
    downloads: { slots: new Slots(DOWNLOADS_MAX), bytesMax: config.limits.videoBytesMax },
    callbackBase: () => config.callbackBase,
    checkpoint: overrides.checkpoint ?? (() => Promise.resolve()),
  }
}

async function createProviders(
  config: Config,
  parts: Omit<Parts, 'providers'>,
): Promise<ReadonlyMap<string, Provider>> {
  const providers = new Map<string, Provider>()
  for (const { account, kind, settings } of config.accounts) {
    providers.set(account, await kind.create(settings, { ...parts, dataDir: config.dataDir }))
  }
  return providers
}

function httpSettings(
  config: Config,
  { secrets }: Parts,
): { -readonly [Name in keyof HttpSettings]: HttpSettings[Name] } {
  return {
    publicUrl: config.publicUrl,
    linkTtlMs: config.linkTtlMs,
    linkKeys: secrets.linkKeys,
    profile: config.profile,
    defaultModel: config.defaultModel,
    limits: {
      bodyBytesMax: bodyBytesMaxOf(config.limits.fileBytesMax),
      fileBytesMax: config.limits.fileBytesMax,
      filesMax: 10,
      fieldsMax: 200,
      promptCharactersMax: config.limits.promptCharactersMax,
    },
    projectLimits: config.projectLimits,
    trustedProxies: config.trustedProxies,
    azureAlias: false,
    version: VERSION,
  }
}

/** Keeps its id when its secret changes: a new REELAY_API_KEY replaces the old one at the next start. */
const bootstrapKey = (config: Config, nowMs: number): Parameters<Store['createKey']>[0] => ({
  id: 'key_bootstrap',
  projectId: 'default',
  name: 'bootstrap',
  scopes: ['create', 'read', 'content', 'admin'],
  profile: config.profile,
  createdAtMs: nowMs,
  lastUsedAtMs: null,
  expiresAtMs: null,
  revokedAtMs: null,
})

function inputFetcher(guarded: GuardedClient): FetchInput {
  return async (url, { bytesMax, signal }) => {
    try {
      const response = await guarded.open({
        url,
        trust: { from: 'user' },
        totalTimeoutMs: INPUT_TIMEOUT_MS,
        redirectsMax: 3,
        bytesMax,
        signal,
      })
      if (response.status === 200) return response.body
      response.close()
      throw new InputRefused(`the server answered ${response.status}`)
    } catch (error) {
      if (error instanceof InputRefused) throw error
      throw new InputRefused(error instanceof Error ? error.message : String(error), { cause: error })
    }
  }
}

const isLoopback = (host: string): boolean => ['127.0.0.1', '[::1]', '::1', 'localhost'].includes(host)

/**
 * On a machine of one's own, loopback is allowed as a webhook's target: that is where such an application listens. Not
 * behind a proxy or a public name: then others use this gateway, and loopback is this machine's inside.
 */
function createWebhookGuard(config: Config): Guard {
  const allowLoopback =
    isLoopback(config.host) && config.trustedProxies === 0 && isLoopback(new URL(config.publicUrl).hostname)
  return createGuard({ allow: parseAllowHosts(config.allowHosts), allowLoopback })
}

function deliveryContext(
  config: Config,
  parts: Parts,
  {
    context,
    settings,
    webhookGuard,
  }: { context: EngineContext; settings: HttpSettings; webhookGuard: Guard },
): DeliveryContext {
  const { store, clock, vault } = parts
  return {
    ...context,
    vault,
    guarded: createGuardedClient({ guard: webhookGuard, clock }),
    schedule: config.webhookSchedule,
    viewVideo: (task) => viewTask({ settings, store, clock }, task, task.profile),
    userAgent: `reelay/${VERSION}`,
  }
}
