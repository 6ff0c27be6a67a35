import { readdir, readFile } from 'node:fs/promises'
import { join, parse } from 'node:path'
import type { GuardedClient } from '../../net/guarded-fetch.ts'
import type { Clock } from '../../system/clock.ts'
import { isRecord, recordOf } from '../../system/json.ts'
import type { Operation, StartOutcome, Verdict } from '../../task/verdict.ts'
import { beforeSubmit } from '../before-submit.ts'
import { cancelJob } from '../cancel-job.ts'
import { checkAccount } from '../check-account.ts'
import { operationOfId } from '../operation-of-id.ts'
import type { InputFile, Provider, StartRequest, Traits } from '../provider.ts'
import { jsonBody, multipartBody } from '../request-body.ts'
import { createTaskApi, type TaskApi } from '../task-api.ts'
import { createUpstream } from '../upstream.ts'
import { comfyuiBody, fillingOf, optionsOf, parseWorkflow, promptIdOf, type Workflow } from './request.ts'
import { COMFYUI_RULES, comfyuiOperation, historyVerdict, queuedIdOf, queuePlace } from './status.ts'
import { readComfyuiError, uploadedName, type QueuePlace } from './status.ts'

/** Of its folder for inputs: files of ours do not mix with others. */
const UPLOAD_FOLDER = 'reelay'

const COMFYUI_TRAITS: Omit<Traits, 'providerOptions'> = {
  // A server of one's own: asking costs nothing, and it forgets its jobs when it restarts.
  timing: {
    firstPollMs: 2_000,
    intervalMs: 2_000,
    intervalMaxMs: 10_000,
    missingGraceMs: 10_000,
    deadlineMs: 6 * 3_600_000,
  },
  // It runs one job after another, and queues the others.
  pacing: { perSecond: 10, burst: 20, inFlightMax: 4 },
  cancel: 'supported',
  inputs: 'upload',
  // A model is a workflow that is here: there are no others to name.
  openCatalog: false,
}

export type ComfyuiOptions = {
  baseUrl: string
  /** Graphs in API format by the names that they have as models. */
  workflows: Readonly<Record<string, unknown>>
  /** For its files. */
  guarded: GuardedClient
  clock: Clock
}

/**
 * The workflows in a folder, by their names without `.json`.
 *
 * @throws TypeError when a file is no JSON, and what reading a folder throws.
 */
export async function readWorkflows(folder: string): Promise<Record<string, unknown>> {
  const workflows: Record<string, unknown> = {}
  for (const file of (await readdir(folder)).toSorted()) {
    const { name, ext } = parse(file)
    if (ext !== '.json') continue
    const text = await readFile(join(folder, file), 'utf8')
    try {
      workflows[name] = JSON.parse(text)
    } catch (error) {
      throw new TypeError(`The workflow file ${file} is no JSON.`, { cause: error })
    }
  }
  return workflows
}

const historyPath = (id: string): string => `/history/${encodeURIComponent(id)}`

async function upload(
  api: TaskApi,
  { file, name }: { file: InputFile; name: string },
  signal: AbortSignal,
): Promise<string> {
  const fields = [
    { name: 'type', text: 'input' },
    { name: 'subfolder', text: UPLOAD_FOLDER },
    { name: 'overwrite', text: 'true' },
  ]
  const body = await multipartBody(fields, [{ name: 'image', file: { ...file, filename: name } }])
  return api.ask({ path: '/upload/image', method: 'POST', body }, uploadedName, signal)
}

/** Uploads come before the request that queues, which is the only one that is sent once. */
async function begin(
  { api, clock }: { api: TaskApi; clock: Clock },
  workflow: Workflow | undefined,
  start: StartRequest,
): Promise<StartOutcome> {
  if (workflow === undefined) {
    const detail = `There is no workflow "${start.model}": put its JSON into the folder of workflows.`
    return { kind: 'rejected', code: 'invalid_input', detail }
  }
  const filling = fillingOf(start, workflow)
  if ('refused' in filling) return { kind: 'rejected', code: 'invalid_input', detail: filling.refused }
  const uploaded = await beforeSubmit(
    async () => {
      const values = new Map(filling.values)
      for (const [place, file] of filling.files) {
        const name = `${start.clientToken}-${place}${parse(file.filename).ext}`
        values.set(place, await upload(api, { file, name }, start.signal))
      }
      return values
    },
    () => clock.nowMs(),
  )
  if ('outcome' in uploaded) return uploaded.outcome
  const body = comfyuiBody(workflow, uploaded.ready, start.clientToken)
  return api.submit({ path: '/prompt', body, operationOf: comfyuiOperation }, start)
}

async function probe(api: TaskApi, id: string, signal: AbortSignal): Promise<Verdict> {
  const history = async (): Promise<Verdict | 'absent'> =>
    api.ask({ path: historyPath(id) }, (answer) => historyVerdict(answer, id), signal)
  const found = await history()
  if (found !== 'absent') return found
  const place = await placeOf(api, id, signal)
  if (place !== 'absent') return { kind: place }
  // It may have ended between the two questions.
  const again = await history()
  return again === 'absent' ? { kind: 'gone' } : again
}

const placeOf = async (api: TaskApi, id: string, signal: AbortSignal): Promise<QueuePlace> =>
  api.ask({ path: '/queue' }, (answer) => queuePlace(answer, id), signal)

/** Its answers confirm nothing: the queue is looked at before and after. */
async function cancel(api: TaskApi, id: string, signal: AbortSignal): Promise<'cancelled' | 'refused'> {
  const tell = async (path: string, record: Record<string, unknown>): Promise<'cancelled' | 'refused'> =>
    cancelJob(api, { path, method: 'POST', body: jsonBody(record) }, readComfyuiError, signal)
  const before = await placeOf(api, id, signal)
  if (before === 'absent') return 'refused'
  if (before === 'waiting') await tell('/queue', { delete: [id] })
  const now = before === 'waiting' ? await placeOf(api, id, signal) : before
  switch (now) {
    case 'absent':
      return 'cancelled'
    case 'waiting':
      return 'refused'
    case 'running':
      return tell('/interrupt', { prompt_id: id })
  }
}

/** The job of a lost answer: under the id that was asked for, or under one that an older server chose. */
async function find(api: TaskApi, clientToken: string, signal: AbortSignal): Promise<Operation | 'unsure'> {
  const queued = await api.ask({ path: '/queue' }, (answer) => queuedIdOf(answer, clientToken), signal)
  if (queued.id !== null) return { providerTaskId: queued.id }
  const id = promptIdOf(clientToken)
  const found = await api.ask({ path: historyPath(id) }, (answer) => historyVerdict(answer, id), signal)
  // It forgets what it did when it restarts: not having it proves nothing.
  return found === 'absent' ? 'unsure' : { providerTaskId: id }
}

/**
 * ComfyUI, a server of one's own: each workflow is a model.
 *
 * @throws TypeError when a workflow cannot be used.
 */
export function createComfyui(options: ComfyuiOptions): Provider {
  const { guarded, clock } = options
  const workflows = Object.entries(options.workflows).map(([name, json]) => parseWorkflow(name, json))
  const upstream = createUpstream({ baseUrl: options.baseUrl, credentials: {}, clock })
  const api = createTaskApi({ upstream, guarded, clock, rules: COMFYUI_RULES })
  return {
    traits: { ...COMFYUI_TRAITS, providerOptions: optionsOf(workflows) },
    models: () => workflows.map(({ name }) => ({ id: name, capabilities: null, price: null })),
    start: async (start) =>
      begin(
        { api, clock },
        workflows.find(({ name }) => name === start.model),
        start,
      ),
    probe: async ({ providerTaskId }, signal) => probe(api, providerTaskId, signal),
    open: async ({ ref }, _operation, signal) =>
      api.open(ref.startsWith('/') ? upstream.base + ref : ref, signal),
    cancel: async ({ providerTaskId }, signal) => cancel(api, providerTaskId, signal),
    find: async (clientToken, signal) => find(api, clientToken, signal),
    check: async (signal) =>
      checkAccount(
        api,
        {
          path: '/system_stats',
          isGood: ({ status, json }) => status === 200 && isRecord(recordOf(json)['system']),
          readError: readComfyuiError,
        },
        signal,
      ),
    operationOf: operationOfId,
    stop: upstream.stop,
  }
}
