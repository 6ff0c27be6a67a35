import { createHmac } from 'node:crypto'
import type { GuardedClient } from '../../net/guarded-fetch.ts'
import type { Clock } from '../../system/clock.ts'
import { textOf } from '../../system/json.ts'
import type { Operation } from '../../task/verdict.ts'
import { checkAccount } from '../check-account.ts'
import { isJobId } from '../operation-of-id.ts'
import { ProbeUnavailable, type JobHints, type Provider, type Traits } from '../provider.ts'
import { createTaskApi, type TaskApi } from '../task-api.ts'
import { createUpstream } from '../upstream.ts'
import { readKlingCallback } from './callback.ts'
import { KLING_ENDPOINTS, KLING_MODELS, KLING_OPTIONS, klingCreate } from './request.ts'
import { isKlingParameterError, isKlingSuccess, KLING_RULES, readKlingError } from './status.ts'
import { klingClientToken, klingOperation, klingVerdict } from './status.ts'

const KLING_BASE_URL = 'https://api-singapore.klingai.com'

const TOKEN_LIFE_S = 1_800

/** Clocks differ: a token that begins now may not have begun there. */
const TOKEN_BEGINS_BEFORE_S = 5

const ENDPOINTS: readonly string[] = Object.values(KLING_ENDPOINTS)

/** A list of one job: needs the key, costs nothing. */
const CHECK_PATH = `${KLING_ENDPOINTS.text}?pageNum=1&pageSize=1`

const KLING_TRAITS: Traits = {
  // It gives no advice; a look every 5 to 10 s is usual.
  timing: {
    firstPollMs: 15_000,
    intervalMs: 5_000,
    intervalMaxMs: 30_000,
    missingGraceMs: 120_000,
    deadlineMs: 2 * 3_600_000,
  },
  // Limits there are by jobs at a time, as bought; above them a submission is refused, and comes again later.
  pacing: { perSecond: 5, burst: 10, inFlightMax: 5 },
  cancel: 'unsupported',
  inputs: 'data_uri',
  providerOptions: KLING_OPTIONS,
  callbacks: 'per_request',
  openCatalog: true,
}

export type KlingOptions = {
  /** Default: the provider's own. */
  baseUrl?: string | undefined
  /** Either this, or the pair of the other two. */
  apiKey?: string | undefined
  accessKey?: string | undefined
  secretKey?: string | undefined
  /** For the links in its answers. */
  guarded: GuardedClient
  clock: Clock
}

const encoded = (record: object): string => Buffer.from(JSON.stringify(record)).toString('base64url')

/** A JWT of HS256, as the provider's page on authentication describes it. */
function tokenOf(accessKey: string, secretKey: string, clock: Clock): string {
  const nowS = Math.floor(clock.nowMs() / 1_000)
  const claims = { iss: accessKey, exp: nowS + TOKEN_LIFE_S, nbf: nowS - TOKEN_BEGINS_BEFORE_S }
  const signed = `${encoded({ alg: 'HS256', typ: 'JWT' })}.${encoded(claims)}`
  return `${signed}.${createHmac('sha256', secretKey).update(signed).digest('base64url')}`
}

/** @throws TypeError when neither the key nor the pair is whole. */
function credentialsOf({ apiKey, accessKey, secretKey, clock }: KlingOptions): Record<string, string> {
  if (apiKey !== undefined) return { authorization: `Bearer ${apiKey}` }
  if (accessKey === undefined || secretKey === undefined) {
    throw new TypeError('Kling needs KLING_API_KEY, or both KLING_ACCESS_KEY and KLING_SECRET_KEY.')
  }
  return {
    // Read anew for every request, so that no token is ever old.
    get authorization() {
      return `Bearer ${tokenOf(accessKey, secretKey, clock)}`
    },
  }
}

/** @throws ProbeUnavailable when the stored operation is not one of this adapter's. */
function pathOf({ endpoint, providerTaskId }: Operation): string {
  const path = textOf(endpoint)
  if (path === null || !ENDPOINTS.includes(path)) {
    throw new ProbeUnavailable('The job was stored without its path at Kling: it cannot be asked for.')
  }
  return `${path}/${encodeURIComponent(providerTaskId)}`
}

/** A job may be asked for by the id of ours too, under the path that made it: which one that was, nobody knows here. */
async function findJob(
  api: TaskApi,
  clientToken: string,
  signal: AbortSignal,
): Promise<Operation | 'unsure'> {
  for (const endpoint of ENDPOINTS) {
    const path = `${endpoint}/${encodeURIComponent(clientToken)}`
    const found = await api.ask(
      { path },
      (answer): Operation | 'unsure' | null => {
        if (klingClientToken(answer) === clientToken) return klingOperation(answer, endpoint)
        return isKlingParameterError(answer) ? 'unsure' : null
      },
      signal,
    )
    if (found !== 'unsure') return found
  }
  return 'unsure'
}

/** The last part of each path names it: `text2video`. */
const ENDPOINT_NAMES = ENDPOINTS.map((path) => path.slice(path.lastIndexOf('/') + 1))

/** Of a job that was made elsewhere: it is asked for under the path that made it, which its id does not tell. */
function klingOperationOf(id: string, hints: JobHints): Operation | string {
  const endpoint = ENDPOINTS[ENDPOINT_NAMES.indexOf(hints.endpoint ?? '')]
  if (endpoint === undefined) {
    return `Kling asks for a job under the path that made it: give endpoint, one of ${ENDPOINT_NAMES.join(', ')}.`
  }
  if (!isJobId(id)) return 'This is not an id of a job at Kling: it is the task_id of its answer.'
  return { providerTaskId: id, endpoint }
}

/** Kling: text, frames or several pictures to a video. */
export function createKling(options: KlingOptions): Provider {
  const { guarded, clock } = options
  const credentials = credentialsOf(options)
  const upstream = createUpstream({ baseUrl: options.baseUrl ?? KLING_BASE_URL, credentials, clock })
  const api = createTaskApi({ upstream, guarded, clock, rules: KLING_RULES })
  return {
    traits: KLING_TRAITS,
    models: () => KLING_MODELS,
    start: async (start) => {
      const create = await klingCreate(start, KLING_MODELS)
      if ('refused' in create) return { kind: 'rejected', code: 'invalid_input', detail: create.refused }
      return api.submit({ ...create, operationOf: (answer) => klingOperation(answer, create.path) }, start)
    },
    probe: async (operation, signal) =>
      api.probe(
        { path: pathOf(operation) },
        (answer) => klingVerdict(answer, operation.providerTaskId),
        signal,
      ),
    open: async (output, _operation, signal) => api.open(output.ref, signal),
    find: async (clientToken, signal) => findJob(api, clientToken, signal),
    check: async (signal) =>
      checkAccount(api, { path: CHECK_PATH, isGood: isKlingSuccess, readError: readKlingError }, signal),
    readCallback: readKlingCallback,
    operationOf: klingOperationOf,
    stop: upstream.stop,
  }
}
