import type { GuardedClient } from '../../net/guarded-fetch.ts'
import type { Clock } from '../../system/clock.ts'
import { isJobId } from '../operation-of-id.ts'
import {
  OutputUnavailable,
  ProbeUnavailable,
  type JobHints,
  type Provider,
  type Traits,
} from '../provider.ts'
import { createTaskApi, type TaskApi, type TaskQuestion } from '../task-api.ts'
import { createUpstream } from '../upstream.ts'
import type { Operation } from '../../task/verdict.ts'
import { readMinimaxCallback } from './callback.ts'
import {
  MINIMAX_MODELS,
  MINIMAX_OPTIONS,
  minimaxCreate,
  minimaxVersionOf,
  type MinimaxVersion,
} from './request.ts'
import { fileIdOf, MINIMAX_RULES, minimaxLink, minimaxOperation, minimaxVerdict } from './status.ts'

const MINIMAX_BASE_URL = 'https://api.minimax.io'

const MINIMAX_TRAITS: Traits = {
  // Its own advice is a look every 10 s.
  timing: {
    firstPollMs: 20_000,
    intervalMs: 10_000,
    intervalMaxMs: 30_000,
    missingGraceMs: 120_000,
    deadlineMs: 2 * 3_600_000,
  },
  // Its limits depend on the account.
  pacing: { perSecond: 5, burst: 10, inFlightMax: 10 },
  cancel: 'unsupported',
  inputs: 'data_uri',
  providerOptions: MINIMAX_OPTIONS,
  callbacks: 'per_request',
  openCatalog: true,
}

export type MinimaxOptions = {
  /** Default: the provider's own. */
  baseUrl?: string | undefined
  apiKey: string
  /** For the links in its answers. */
  guarded: GuardedClient
  clock: Clock
}

/** @throws ProbeUnavailable when the stored operation is not one of this adapter's. */
function versionOf({ version }: Operation): MinimaxVersion {
  if (version === 'v1' || version === 'v2') return version
  throw new ProbeUnavailable('The job was stored without its version at MiniMax: it cannot be asked for.')
}

function questionOf({ providerTaskId }: Operation, version: MinimaxVersion): TaskQuestion {
  const id = encodeURIComponent(providerTaskId)
  const path = '/query/video_generation'
  return { path: version === 'v1' ? `/v1${path}?task_id=${id}` : `/v2${path}/${id}` }
}

/** @throws OutputGone, OutputUnavailable */
async function freshLink(api: TaskApi, fileId: string, signal: AbortSignal): Promise<string> {
  const path = `/v1/files/retrieve?file_id=${encodeURIComponent(fileId)}`
  try {
    return await api.ask({ path }, (answer) => minimaxLink(answer, fileId), signal)
  } catch (error) {
    if (!(error instanceof ProbeUnavailable)) throw error
    throw new OutputUnavailable(`MiniMax gave no link for file ${fileId}. ${error.message}`, { cause: error })
  }
}

/** Of a job that was made elsewhere: each generation of the routes knows its own jobs only. */
function minimaxOperationOf(id: string, { endpoint, model }: JobHints): Operation | string {
  if (!isJobId(id)) return 'This is not an id of a job at MiniMax: it is the task_id of its answer.'
  if (endpoint === 'v1' || endpoint === 'v2') return { providerTaskId: id, version: endpoint }
  if (endpoint === null && model !== null) return { providerTaskId: id, version: minimaxVersionOf(model) }
  return 'MiniMax has two generations of routes: give the model, or endpoint, which is v1 or v2.'
}

/** MiniMax: both generations of its video routes, chosen by the model. */
export function createMinimax(options: MinimaxOptions): Provider {
  const { guarded, clock } = options
  const upstream = createUpstream({
    baseUrl: options.baseUrl ?? MINIMAX_BASE_URL,
    credentials: { authorization: `Bearer ${options.apiKey}` },
    clock,
  })
  const api = createTaskApi({ upstream, guarded, clock, rules: MINIMAX_RULES })
  return {
    traits: MINIMAX_TRAITS,
    models: () => MINIMAX_MODELS,
    start: async (start) => {
      const create = await minimaxCreate(start)
      if ('refused' in create) return { kind: 'rejected', code: 'invalid_input', detail: create.refused }
      const { path, body, version } = create
      return api.submit({ path, body, operationOf: (answer) => minimaxOperation(answer, version) }, start)
    },
    probe: async (operation, signal) => {
      const version = versionOf(operation)
      return api.probe(
        questionOf(operation, version),
        (answer) => minimaxVerdict(answer, operation.providerTaskId, version),
        signal,
      )
    },
    open: async ({ ref }, _operation, signal) => {
      const fileId = fileIdOf(ref)
      return api.open(fileId === null ? ref : await freshLink(api, fileId, signal), signal)
    },
    readCallback: readMinimaxCallback,
    operationOf: minimaxOperationOf,
    stop: upstream.stop,
  }
}
