import type { GuardedClient } from '../../net/guarded-fetch.ts'
import type { Clock } from '../../system/clock.ts'
import type { Operation } from '../../task/verdict.ts'
import { createAwsSigner, type AwsKeys } from '../aws-signer.ts'
import { checkAccount } from '../check-account.ts'
import { openOutput } from '../open-output.ts'
import type { Provider, Traits } from '../provider.ts'
import { createTaskApi, type TaskApi } from '../task-api.ts'
import { createUpstream, type Upstream } from '../upstream.ts'
import { BEDROCK_MODELS, BEDROCK_OPTIONS, bedrockBody } from './request.ts'
import { BEDROCK_RULES, bedrockOperation, bedrockOperationOf, bedrockPage } from './status.ts'
import { bedrockVerdict, readBedrockError, storagePlace, withErrorName } from './status.ts'

const ROOT = '/async-invoke'

/** As long as a task may live: a job of ours that is older is nobody's any more. */
const FIND_WINDOW_MS = 7 * 24 * 3_600_000
const FIND_PAGE_JOBS = 500
const FIND_PAGES_MAX = 10

const BEDROCK_TRAITS: Traits = {
  // About 90 s for six seconds, 14 to 17 min for two minutes.
  timing: {
    firstPollMs: 30_000,
    intervalMs: 15_000,
    intervalMaxMs: 60_000,
    missingGraceMs: 120_000,
    deadlineMs: 3 * 3_600_000,
  },
  // Its quotas are per account, region and model; above them a submission is refused, and comes again later.
  pacing: { perSecond: 2, burst: 5, inFlightMax: 5 },
  cancel: 'unsupported',
  inputs: 'data_uri',
  providerOptions: BEDROCK_OPTIONS,
  openCatalog: true,
}

export type BedrockOptions = {
  region: string
  keys: AwsKeys
  /** `s3://bucket/prefix` of the operator, where AWS puts the videos. */
  outputUri: string
  /** Default: that of the region. */
  baseUrl?: string | undefined
  /** Default: that of the region. Another one is asked by paths that begin with the bucket. */
  s3BaseUrl?: string | undefined
  /** For the videos in the bucket. */
  guarded: GuardedClient
  clock: Clock
}

/** As AWS wants it in paths and queries that are signed. */
const escaped = (text: string): string =>
  encodeURIComponent(text).replace(/[!'()*]/g, (sign) => `%${sign.charCodeAt(0).toString(16).toUpperCase()}`)

const listPath = (query: Readonly<Record<string, string>>): string =>
  `${ROOT}?${Object.entries(query)
    .map(([name, value]) => `${name}=${escaped(value)}`)
    .join('&')}`

/** A page of one: needs the keys, costs nothing. */
const CHECK_PATH = listPath({ maxResults: '1' })

/** A whole second, as its own clients write times. */
const timeText = (ms: number): string => new Date(ms).toISOString().replace(/\.\d{3}Z$/, 'Z')

/** Every job is listed with its token. How soon it is there, nobody says: what is missing may come. */
async function findJob(
  api: TaskApi,
  { clientToken, nowMs }: { clientToken: string; nowMs: number },
  signal: AbortSignal,
): Promise<Operation | 'unsure'> {
  const query = {
    maxResults: String(FIND_PAGE_JOBS),
    sortBy: 'SubmissionTime',
    sortOrder: 'Descending',
    submitTimeAfter: timeText(nowMs - FIND_WINDOW_MS),
  }
  let after: { nextToken?: string } = {}
  for (let pages = 0; pages < FIND_PAGES_MAX; pages += 1) {
    const path = listPath({ ...query, ...after })
    const { found, nextToken } = await api.ask({ path }, (answer) => bedrockPage(answer, clientToken), signal)
    if (found !== null) return found
    if (nextToken === null) return 'unsure'
    after = { nextToken }
  }
  return 'unsure'
}

const namingErrors = (upstream: Upstream): Upstream => ({
  ...upstream,
  ask: async (request) => withErrorName(await upstream.ask(request)),
  submit: async (request) => withErrorName(await upstream.submit(request)),
})

/** Where an object is fetched: at the bucket's host, unless its name or the operator's base is against it. */
function objectAt(ref: string, { region, s3BaseUrl }: BedrockOptions): { url: string; base: string } {
  const regional = `https://s3.${region}.amazonaws.com`
  const place = storagePlace(ref)
  if (place === null) return { url: ref, base: s3BaseUrl ?? regional }
  const { bucket } = place
  const key = place.key.split('/').map(escaped).join('/')
  if (s3BaseUrl === undefined && !bucket.includes('.')) {
    const base = `https://${bucket}.s3.${region}.amazonaws.com`
    return { url: `${base}/${key}`, base }
  }
  const base = (s3BaseUrl ?? regional).replace(/\/+$/, '')
  return { url: `${base}/${bucket}/${key}`, base }
}

/** @throws TypeError when the address is no bucket's. */
function outputFolder(outputUri: string): string {
  const place = storagePlace(outputUri)
  if (place === null) {
    throw new TypeError(
      `BEDROCK_OUTPUT_S3_URI must be s3://bucket or s3://bucket/prefix, not "${outputUri}".`,
    )
  }
  return place.key === '' ? `s3://${place.bucket}` : `s3://${place.bucket}/${place.key}`
}

/** Nova Reel and Ray at Amazon Bedrock, by its asynchronous invocations. */
export function createBedrock(options: BedrockOptions): Provider {
  const { region, keys, guarded, clock } = options
  const outputUri = outputFolder(options.outputUri)
  const upstream = createUpstream({
    baseUrl: options.baseUrl ?? `https://bedrock-runtime.${region}.amazonaws.com`,
    credentials: createAwsSigner({ service: 'bedrock', region, keys, clock }),
    clock,
  })
  const api = createTaskApi({ upstream: namingErrors(upstream), guarded, clock, rules: BEDROCK_RULES })
  const signObject = createAwsSigner({ service: 's3', region, keys, clock })
  return {
    traits: BEDROCK_TRAITS,
    models: () => BEDROCK_MODELS,
    start: async (start) => {
      const body = await bedrockBody(start, outputUri)
      if ('refused' in body) return { kind: 'rejected', code: 'invalid_input', detail: body.refused }
      return api.submit({ path: ROOT, body, operationOf: bedrockOperation }, start)
    },
    probe: async ({ providerTaskId }, signal) =>
      api.probe(
        { path: `${ROOT}/${escaped(providerTaskId)}` },
        (answer) => bedrockVerdict(answer, providerTaskId),
        signal,
      ),
    open: async ({ ref }, _operation, signal) =>
      openOutput(guarded, { ...objectAt(ref, options), credentials: signObject }, signal),
    find: async (clientToken, signal) => findJob(api, { clientToken, nowMs: clock.nowMs() }, signal),
    check: async (signal) =>
      checkAccount(
        api,
        {
          path: CHECK_PATH,
          isGood: (answer) => bedrockPage(answer, '') !== null,
          readError: readBedrockError,
        },
        signal,
      ),
    operationOf: bedrockOperationOf,
    stop: upstream.stop,
  }
}
