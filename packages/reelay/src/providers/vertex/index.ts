import type { GuardedClient } from '../../net/guarded-fetch.ts'
import type { Clock } from '../../system/clock.ts'
import { isRecord } from '../../system/json.ts'
import type { Operation } from '../../task/verdict.ts'
import { checkAccount } from '../check-account.ts'
import type { Credentials } from '../credentials.ts'
import { GOOGLE_RULES, readGoogleError } from '../google-error.ts'
import { createGoogleLogin } from '../google-login.ts'
import { openInlineOutput } from '../open-inline-output.ts'
import { openOutput } from '../open-output.ts'
import { ProbeUnavailable, type OpenedOutput, type Provider, type Traits } from '../provider.ts'
import { jsonBody } from '../request-body.ts'
import { shortenedJson } from '../shortened-json.ts'
import { createTaskApi, type TaskQuestion } from '../task-api.ts'
import { createUpstream } from '../upstream.ts'
import { VERTEX_MODELS, VERTEX_OPTIONS, vertexCreate, vertexParent } from './request.ts'
import {
  inlineIndex,
  inlineVideo,
  partsOf,
  vertexOperation,
  vertexOperationOf,
  vertexVerdict,
} from './status.ts'

const STORAGE_BASE_URL = 'https://storage.googleapis.com'

const LOCATION = 'us-central1'

/** The answer that says that a job is done may carry the video, which is read over. */
const LOOK_TIMEOUT_MS = 120_000

const VERTEX_TRAITS: Traits = {
  // Its own examples look every 10 s to 15 s; videos take from 11 s to 6 min.
  timing: {
    firstPollMs: 15_000,
    intervalMs: 10_000,
    intervalMaxMs: 30_000,
    missingGraceMs: 120_000,
    deadlineMs: 2 * 3_600_000,
  },
  // Its limits are per project and model, for most models ten submissions a minute.
  pacing: { perSecond: 2, burst: 5, inFlightMax: 10 },
  cancel: 'unsupported',
  inputs: 'data_uri',
  providerOptions: VERTEX_OPTIONS,
  openCatalog: true,
}

export type VertexOptions = {
  project: string
  /** Default: us-central1. */
  location?: string | undefined
  /** Default: the location's own host. Without `/v1`. */
  baseUrl?: string | undefined
  /** A token that never changes, for a proxy; else one is got from Google, and renewed. */
  accessToken?: string | undefined
  /** The path of a key file; absent: the machine's own account. */
  keyFile?: string | undefined
  /** Where results are put, `gs://bucket/folder`; absent: they come inside the answer. */
  storageUri?: string | undefined
  /** Default: Google's own. */
  storageBaseUrl?: string | undefined
  /** For what its answers name. */
  guarded: GuardedClient
  clock: Clock
}

/** The host that serves a location: three kinds of them. */
function baseUrlOf(location: string): string {
  if (location === 'global') return 'https://aiplatform.googleapis.com'
  if (location === 'us' || location === 'eu') return `https://aiplatform.${location}.rep.googleapis.com`
  return `https://${location}-aiplatform.googleapis.com`
}

function credentialsOf({ accessToken, keyFile, project, clock }: VertexOptions): Credentials {
  if (accessToken !== undefined) return { authorization: `Bearer ${accessToken}` }
  return createGoogleLogin({ project, keyFile, clock })
}

/** @throws ProbeUnavailable when the stored operation is not one of this adapter's. */
function questionOf({
  providerTaskId: name,
}: Operation): TaskQuestion & { body: ReturnType<typeof jsonBody> } {
  const model = partsOf(name)?.model
  if (model === undefined) {
    throw new ProbeUnavailable(
      'The stored name is not one of an operation at Vertex AI: it cannot be asked for.',
    )
  }
  const path = `/v1/${model}:fetchPredictOperation`
  return { method: 'POST', path, body: jsonBody({ operationName: name }) }
}

/** The object that `gs://bucket/folder/object` names, by the address where its bytes are. */
function objectUrl(base: string, ref: string): string {
  const path = ref.slice('gs://'.length).split('/').map(encodeURIComponent)
  return `${base}/${path.join('/')}`
}

/** Veo at Google Vertex AI. */
export function createVertex(options: VertexOptions): Provider {
  const { guarded, clock, project, location = LOCATION, storageUri } = options
  const { storageBaseUrl: storage = STORAGE_BASE_URL } = options
  const place = { project, location, storageUri }
  const credentials = credentialsOf(options)
  const upstream = createUpstream({ baseUrl: options.baseUrl ?? baseUrlOf(location), credentials, clock })
  const api = createTaskApi({ upstream, guarded, clock, rules: GOOGLE_RULES })

  const openInline = async (
    operation: Operation,
    index: number,
    signal: AbortSignal,
  ): Promise<OpenedOutput> => {
    const { path, body } = questionOf(operation)
    const link = { url: upstream.base + path, base: upstream.base, credentials, body }
    const wanted = { name: operation.providerTaskId, index }
    return openInlineOutput(guarded, link, (answer) => inlineVideo(answer, wanted), signal)
  }

  return {
    traits: VERTEX_TRAITS,
    models: () => VERTEX_MODELS,
    start: async (start) => {
      const create = await vertexCreate(start, place)
      if ('refused' in create) return { kind: 'rejected', code: 'invalid_input', detail: create.refused }
      return api.submit({ ...create, operationOf: vertexOperation }, start)
    },
    probe: async (operation, signal) =>
      api.probe(
        { ...questionOf(operation), keep: shortenedJson, timeoutMs: LOOK_TIMEOUT_MS },
        (answer) => vertexVerdict(answer, operation.providerTaskId),
        signal,
      ),
    open: async ({ ref }, operation, signal) => {
      const index = inlineIndex(ref)
      if (index !== null) return openInline(operation, index, signal)
      if (!ref.startsWith('gs://')) return api.open(ref, signal)
      return openOutput(guarded, { url: objectUrl(storage, ref), base: storage, credentials }, signal)
    },
    operationOf: vertexOperationOf,
    check: async (signal) =>
      checkAccount(
        api,
        {
          path: `${vertexParent(place)}/models?pageSize=1`,
          // A project without models of its own answers an empty object.
          isGood: ({ status, json }) => status === 200 && isRecord(json) && !('error' in json),
          readError: readGoogleError,
        },
        signal,
      ),
    stop: upstream.stop,
  }
}
