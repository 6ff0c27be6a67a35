import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { secretSettings } from './account-settings.ts'
import { accountDeps } from './account-deps.ts'
import { checkProvider } from './account-views.ts'
import { createBackups } from './backups.ts'
import type { Config } from './config.ts'
import { downloadsWithin } from './engine/downloads.ts'
import type { EngineContext, Inspector } from './engine/context.ts'
import type { DeliveryContext } from './engine/deliver.ts'
import { Deliverer } from './engine/deliverer.ts'
import { Engine } from './engine/engine.ts'
import { Looks } from './engine/looks.ts'
import { Purger } from './engine/purger.ts'
import type { LeftFolders } from './engine/remove-files.ts'
import type { Files, SharedFiles } from './files/files.ts'
import { INPUTS, OUTPUTS } from './files/storage-key.ts'
import { createApp } from './http/app.ts'
import { bodyBytesMaxOf } from './http/body-bytes-max.ts'
import type { HttpDeps, HttpSettings } from './http/deps.ts'
import type { HttpBindings } from './http/exchange.ts'
import { viewTask } from './http/find-video.ts'
import { inputUrl } from './http/input-content.ts'
import { inputFetcher } from './http/input-fetcher.ts'
import { serve, type Serving } from './http/serve.ts'
import { createMediaHost, type MediaHost } from './media/media-host.ts'
import { parseAllowHosts } from './net/allow-hosts.ts'
import { createGuard, type Guard } from './net/guard.ts'
import { createGuardedClient, type GuardedClient } from './net/guarded-fetch.ts'
import { openObservability, type Observability } from './observability/open-observability.ts'
import { createCatalog } from './providers/catalog-of.ts'
import type { Catalog } from './providers/catalog.ts'
import type { Provider } from './providers/provider.ts'
import { checkStorage, createSweeper, openFiles } from './open-files.ts'
import { openStore } from './open-store.ts'
import { createReadiness } from './readiness.ts'
import { loadSecrets, type Secrets } from './secrets.ts'
import type { Store } from './store/store.ts'
import { systemClock, type Clock } from './system/clock.ts'
import { hashOfKey } from './system/hash-of-key.ts'
import { systemIds, type Ids, type Random } from './system/ids.ts'
import { createLog, type Log } from './system/log.ts'
import { providerNameOf } from './task/provider-name.ts'
import { createVault, type Vault } from './system/vault.ts'
import { VERSION } from './version.ts'
import { createWork } from './work.ts'

const ON_THIS_DISK =
  'the database may have several processes, and files are on this disk: set REELAY_STORAGE_URL unless all of them share it'
/** Where the build of packages/dashboard goes: the same place beside the sources and beside what is published. */
const DASHBOARD_DIR = fileURLToPath(new URL('../dashboard', import.meta.url))
const LEASE_MS = 30_000
/** Longer than one attempt can take. */
const DELIVERY_LEASE_MS = 60_000
const STEPS_MAX = 256
/** Event streams of one project in one process: each costs a connection and some tens of kilobytes. */
const STREAMS_MAX = 1_000
/** How late a change by another process is seen when the word of it is lost. */
const RECHECK_MS = 10_000
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
  /** How long a task or a delivery is leased: tests do not wait for half a minute until a lease runs out. */
  leaseMs?: number
  /** Steps under way at a time, over all accounts. */
  stepsMax?: number
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
  /** Names this process in leases, and to others on the database. */
  owner: string
  clock: Clock
  ids: Ids
  log: Log
  store: Store
  files: Files
  /** The same when other processes may use it too; undefined when it is this machine's own. */
  sharedFiles: SharedFiles | undefined
  media: MediaHost
  guard: Guard
  guarded: GuardedClient
  providers: ReadonlyMap<string, Provider>
  observability: Observability
  secrets: Secrets
  vault: Vault
  /** What earlier processes left, for tasks that run, that ended and that never came to be. */
  leftFolders: LeftFolders
}

/**
 * Puts a gateway together: the only place that constructs adapters. Nothing works or listens before `start` and `listen`.
 * @throws DatabaseOwned when another process uses the database.
 */
export async function createReelay(config: Config, overrides: Overrides = {}): Promise<Reelay> {
  const ids = overrides.ids ?? systemIds
  const secrets = await loadSecrets(config, ids)
  const log = overrides.log ?? createLog(config.logLevel, undefined, knownSecrets(config, secrets))
  const systemTime = overrides.clock ?? systemClock
  const owner = ids.id('worker', systemTime.nowMs())
  const { store, clock, isShared } = await openStore(config.database, { clock: systemTime, log, owner })
  // Until everything stands: a later part may fail, and whoever tries again must find the database free.
  await using opened = new AsyncDisposableStack()
  opened.defer(() => store.close())
  const { files, sharedFiles } = await openFiles(config.storage, {
    dataDir: config.dataDir,
    random: overrides.random ?? Math.random,
  })
  opened.defer(() => sharedFiles?.close())
  // Before a request can be answered, so that neither of these is ever a file of a request that is under way.
  if (!isShared) await files.sweep()
  // Where other processes write too, they may belong to a request of one of them.
  const leftFolders =
    sharedFiles === undefined && !isShared
      ? { inputs: await files.names(INPUTS), outputs: await files.names(OUTPUTS) }
      : { inputs: [], outputs: [] }
  if (isShared && sharedFiles === undefined) log.warn({ directory: config.dataDir }, ON_THIS_DISK)
  if (sharedFiles !== undefined) await checkStorage(sharedFiles, log)
  const media = createMediaHost({ workDir: join(config.dataDir, 'media'), log, clock })
  opened.defer(() => media.stop())
  const guard = createGuard({ allow: parseAllowHosts(config.allowHosts) })
  const guarded = createGuardedClient({ guard, clock })
  const vault = createVault(secrets.vaultKeys)
  const stores = { store, files, sharedFiles, leftFolders }
  const base = { owner, clock, ids, log, ...stores, media, guard, guarded, secrets, vault }
  const wrap = overrides.wrapProvider ?? ((_account, provider) => provider)
  const configured = overrides.providers ?? (await createProviders(config, base))
  const providers = new Map([...configured].map(([account, provider]) => [account, wrap(account, provider)]))
  const { role, tracing } = config
  const watching = {
    store,
    clock,
    log,
    owner,
    role,
    tracing,
    accounts: [...providers.keys()],
    version: VERSION,
  }
  const observability = await openObservability(watching)
  opened.defer(() => observability.stop())
  const parts: Parts = { ...base, providers, observability }
  await store.createKey(bootstrapKey(config, clock.nowMs()), hashOfKey(secrets.adminKey))
  const reelay = assemble(config, parts, overrides)
  opened.move()
  return reelay
}

/** What must never be logged, whoever repeats it. */
const knownSecrets = (config: Config, { adminKey }: Secrets): readonly string[] => [
  adminKey,
  ...[config.secret, config.secretPrevious, config.metricsToken].flatMap((value) => value ?? []),
  ...Object.values(config.tracing?.headers ?? {}),
  ...config.accounts.flatMap(secretSettings),
  ...(config.storage.kind === 's3' ? Object.values(config.storage.credentials ?? {}) : []),
]

function assemble(config: Config, parts: Parts, overrides: Overrides): Reelay {
  const { store, log, providers, secrets } = parts
  const stopping = new AbortController()
  const context = engineContext(config, parts, overrides)
  const engine = new Engine(context)
  const settings = httpSettings(config, parts)
  const webhookGuard = createWebhookGuard(config)
  const deliverer = new Deliverer(
    deliveryContext(config, parts, { context, settings, webhookGuard, overrides }),
  )
  const app = createApp({
    ...parts,
    settings,
    ...watchedBy(parts.observability),
    catalog: catalogOf(config, providers),
    fetchInput: inputFetcher(parts.guarded),
    refuseCallbackUrl: (url) => {
      const check = webhookGuard.checkUrl(url)
      return check.ok ? null : check.reason
    },
    ...accountDeps({ ...parts, callbackBase: config.callbackBase }),
    recheckMs: config.database.kind === 'sqlite' ? null : RECHECK_MS,
    readiness: createReadiness({ ...parts, version: VERSION }),
    sessions: createVault(secrets.sessionKeys),
    backUp: createBackups({ ...parts, directory: config.backupDir, stopping: stopping.signal }),
    stopping: stopping.signal,
  })
  const work = createWork(
    { ...parts, role: config.role },
    {
      engine,
      deliverer,
      sweeper: createSweeper({ ...parts, random: context.random, keys: secrets.linkKeys }),
      purger: new Purger(context),
    },
  )
  let served: Serving | undefined
  let checks = Promise.resolve()
  return {
    store,
    adminKey: secrets.adminKey,
    adminKeyPath: secrets.adminKeyPath,
    fetch: (request, env) => app.fetch(request, env),
    start: async () => {
      await work.start()
      checks = checkAll(providers, log, stopping.signal)
    },
    listen: async () => {
      served = await serve(app, { host: config.host, port: config.port, limits: settings.limits, log })
      if (config.publicUrlFollowsPort) settings.publicUrl = served.url
      return served
    },
    stop: async () => {
      stopping.abort()
      await Promise.all([served?.close(), work.stop()])
      for (const provider of providers.values()) await provider.stop?.()
      await Promise.all([parts.media.stop(), parts.observability.stop()])
      // Last: a check that minds no signal ends with what it asks.
      await checks
      parts.sharedFiles?.close()
      await store.close()
    },
  }
}

const watchedBy = ({ observer, metrics }: Observability): Pick<HttpDeps, 'observer' | 'metrics'> => ({
  observer,
  metrics: async () => ({ contentType: metrics.contentType, text: await metrics.render() }),
})

function catalogOf(config: Config, providers: ReadonlyMap<string, Provider>): Catalog {
  return createCatalog({
    accounts: [...providers].map(([account, provider]) => ({
      account,
      provider,
      providerName: providerNameOf(account),
    })),
    aliases: config.aliases,
    order: [...providers.keys()],
    isReachable: () => config.callbackBase !== null,
  })
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
  const { providers } = parts
  return {
    ...parts,
    observer: parts.observability.observer,
    pacingOf: (account) => providers.get(account)?.traits.pacing ?? PACING_UNCONFIGURED,
    inspector: overrides.inspector ?? {
      // With its first video: reading them takes a large library, and a gateway may wait long for one.
      probe: async (path) => (await import('./media/probe.ts')).probeVideo(path),
      poster: (job, signal) => parts.media.poster(job, signal),
    },
    random: overrides.random ?? Math.random,
    looks: new Looks({ ...parts, eagerness: config.eagerness }),
    leaseMs: overrides.leaseMs ?? LEASE_MS,
    concurrencyMax: overrides.stepsMax ?? STEPS_MAX,
    retention: config.retention,
    downloads: downloadsWithin(config.limits.videoBytesMax),
    callbackBase: () => config.callbackBase,
    inputUrl: (link) =>
      config.callbackBase === null
        ? null
        : inputUrl({ ...link, publicUrl: config.callbackBase, linkKeys: parts.secrets.linkKeys }),
    checkpoint: overrides.checkpoint ?? (() => Promise.resolve()),
  }
}

async function createProviders(
  config: Config,
  parts: Omit<Parts, 'providers' | 'observability'>,
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
    callbackBase: config.callbackBase,
    linkTtlMs: config.linkTtlMs,
    retention: config.retention,
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
    streamsMax: STREAMS_MAX,
    trustedProxies: config.trustedProxies,
    azureAlias: false,
    dashboardDir: DASHBOARD_DIR,
    servesApi: config.role !== 'worker',
    version: VERSION,
    metrics: { isOpen: isOnlyHere(config) && config.metricsToken === null, token: config.metricsToken },
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

const isLoopback = (host: string): boolean => ['127.0.0.1', '[::1]', '::1', 'localhost'].includes(host)

/** Not behind a proxy or a public name: then others use this gateway, and loopback is this machine's inside. */
const isOnlyHere = ({ host, trustedProxies, publicUrl }: Config): boolean =>
  isLoopback(host) && trustedProxies === 0 && isLoopback(new URL(publicUrl).hostname)

/** On a machine of one's own, loopback is allowed as a webhook's target: that is where such an application listens. */
function createWebhookGuard(config: Config): Guard {
  return createGuard({ allow: parseAllowHosts(config.allowHosts), allowLoopback: isOnlyHere(config) })
}

function deliveryContext(
  config: Config,
  parts: Parts,
  {
    context,
    settings,
    webhookGuard,
    overrides,
  }: { context: EngineContext; settings: HttpSettings; webhookGuard: Guard; overrides: Overrides },
): DeliveryContext {
  const { store, clock, vault } = parts
  return {
    ...context,
    leaseMs: overrides.leaseMs ?? DELIVERY_LEASE_MS,
    vault,
    guarded: createGuardedClient({ guard: webhookGuard, clock }),
    schedule: config.webhookSchedule,
    viewVideo: (task) => viewTask({ settings, store, clock }, task, task.profile),
    userAgent: `reelay/${VERSION}`,
  }
}
