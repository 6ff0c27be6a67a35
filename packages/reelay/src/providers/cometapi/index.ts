import type { GuardedClient } from '../../net/guarded-fetch.ts'
import type { Clock } from '../../system/clock.ts'
import { textOf } from '../../system/json.ts'
import type { Operation, StartOutcome, Verdict } from '../../task/verdict.ts'
import { checkModels } from '../check-models.ts'
import { operationOfId } from '../operation-of-id.ts'
import {
  ProbeUnavailable,
  type JobHints,
  type Provider,
  type StartRequest,
  type Traits,
} from '../provider.ts'
import { createTaskApi, type TaskApiOptions } from '../task-api.ts'
import { createUpstream } from '../upstream.ts'
import { createVideoApi } from '../video-api.ts'
import {
  COMETAPI_MODELS,
  cometapiBody,
  cometapiRoute,
  NATIVE_DIALECTS,
  nativeCreate,
  type NativeDialect,
} from './request.ts'
import { COMETAPI_RULES, isCometapiGone, NATIVES, nativeJobId, nativeVerdict } from './status.ts'

const COMETAPI_BASE_URL = 'https://api.cometapi.com'

export const COMETAPI_TRAITS: Traits = {
  // Its own advice is a look every 10 to 20 s; most videos take one to three minutes.
  timing: {
    firstPollMs: 15_000,
    intervalMs: 10_000,
    intervalMaxMs: 30_000,
    missingGraceMs: 120_000,
    deadlineMs: 2 * 3_600_000,
  },
  // It publishes no limits.
  pacing: { perSecond: 5, burst: 10, inFlightMax: 20 },
  cancel: 'unsupported',
  inputs: 'upload',
  providerOptions: [],
  openCatalog: true,
}

export type CometapiOptions = {
  /** Default: the provider's own. */
  baseUrl?: string | undefined
  apiKey: string
  /** For the links in its answers. */
  guarded: GuardedClient
  clock: Clock
}

type NativeParts = Omit<TaskApiOptions, 'rules'>

async function startNative(
  parts: NativeParts,
  dialect: NativeDialect,
  start: StartRequest,
): Promise<StartOutcome> {
  const create = await nativeCreate(dialect, start)
  if ('refused' in create) return { kind: 'rejected', code: 'invalid_input', detail: create.refused }
  const { path, body, asked } = create
  const { rules, headers } = NATIVES[dialect]
  return createTaskApi({ ...parts, rules }).submit(
    {
      path,
      body,
      headers,
      operationOf: (answer) => {
        const id = nativeJobId(dialect, answer)
        return id === null ? null : { providerTaskId: id, dialect, path: asked }
      },
    },
    start,
  )
}

/** Null for a job of `/v1/videos`. @throws ProbeUnavailable when the operation is none of this adapter's. */
function nativeRouteOf(operation: Operation): { dialect: NativeDialect; path: string } | null {
  if (operation['dialect'] === undefined) return null
  const path = textOf(operation['path']) ?? ''
  const dialect = NATIVE_DIALECTS.find((name) => name === operation['dialect'])
  if (dialect !== undefined && NATIVES[dialect].asked.includes(path)) return { dialect, path }
  throw new ProbeUnavailable('The job was stored without its route at CometAPI: it cannot be asked for.')
}

async function probeNative(
  parts: NativeParts,
  { dialect, path }: { dialect: NativeDialect; path: string },
  { id, signal }: { id: string; signal: AbortSignal },
): Promise<Verdict> {
  const { rules, headers } = NATIVES[dialect]
  const { upstream, clock } = parts
  return createTaskApi({ ...parts, rules }).probe(
    { path: `${path}/${encodeURIComponent(id)}`, headers },
    (answer) => nativeVerdict(answer, { dialect, id, base: upstream.base, nowMs: clock.nowMs() }),
    signal,
  )
}

const lastPart = (path: string): string => path.slice(path.lastIndexOf('/') + 1)

/** Of a job that was made elsewhere: its model tells the route, and the endpoint which of its paths. */
function cometapiOperationOf(id: string, { model, endpoint }: JobHints): Operation | string {
  const operation = operationOfId(id)
  const { dialect } = cometapiRoute(model ?? '')
  if (dialect === null || typeof operation === 'string') return operation
  const { asked } = NATIVES[dialect]
  const path = asked.length === 1 ? asked[0] : asked.find((one) => lastPart(one) === endpoint)
  if (path === undefined) {
    const names = asked.map(lastPart).join(', ')
    return `CometAPI asks for such a job under the path that made it: give endpoint, one of ${names}.`
  }
  return { ...operation, dialect, path }
}

/** CometAPI: `POST /v1/videos` for many makers' models, and the makers' own APIs on routes beside it. */
export function createCometapi(options: CometapiOptions): Provider {
  const { guarded, clock } = options
  const upstream = createUpstream({
    baseUrl: options.baseUrl ?? COMETAPI_BASE_URL,
    credentials: { authorization: `Bearer ${options.apiKey}` },
    clock,
  })
  const parts = { upstream, guarded, clock }
  const api = createVideoApi({ ...parts, rules: COMETAPI_RULES, isGone: isCometapiGone })
  return {
    traits: COMETAPI_TRAITS,
    models: () => COMETAPI_MODELS,
    start: async (start) => {
      const { dialect, model } = cometapiRoute(start.model)
      if (dialect !== null) return startNative(parts, dialect, { ...start, model })
      return (await api.submit(await cometapiBody(start), start)).outcome
    },
    probe: async (operation, signal) => {
      const route = nativeRouteOf(operation)
      if (route === null) return api.probe(operation, signal)
      return probeNative(parts, route, { id: operation.providerTaskId, signal })
    },
    open: api.open,
    check: async (signal) => checkModels(async () => api.listModels(signal)),
    operationOf: cometapiOperationOf,
    stop: upstream.stop,
  }
}
