import { emptyAnswer, jsonAnswer, type Answer } from '../../answer.ts'
import { noAuth } from '../../auth.ts'
import { PLAIN_RESULTS, type Dialect, type NewId, type Wish } from '../../dialect.ts'
import { isTerminal } from '../../phase.ts'
import { textField, type SimulatorRequest } from '../../request.ts'
import type { TaskView } from '../../task.ts'
import type { Verbs } from '../../verbs.ts'
import {
  created,
  errorAnswer,
  historyAnswer,
  historyList,
  idOfFile,
  idsToDelete,
  nothing,
  queueAnswer,
  queueLength,
} from './answers.ts'
import { graphOf, modelOf, promptOf } from './graph.ts'
import { jobAnswer, noSuchJob } from './jobs.ts'
import { refuse } from './refuse.ts'
import { uploadAnswer } from './upload.ts'

function read({ fields }: SimulatorRequest): Wish {
  const nodes = graphOf(fields)
  const clientToken = textField(fields, 'client_id')
  return { prompt: promptOf(nodes), model: modelOf(nodes), clientToken }
}

/** The client may choose it. */
function newId({ ids, fields }: NewId): string {
  return textField(fields, 'prompt_id') || ids.uuid()
}

function viewAnswer(view: TaskView, verbs: Verbs, request: SimulatorRequest): Answer {
  return view.phase === 'done' ? verbs.file(view, request) : emptyAnswer(404)
}

/** The run that an interrupt is about: the one that is named, or whichever runs. */
function interrupted({ fields }: SimulatorRequest, verbs: Verbs): string {
  const id = textField(fields, 'prompt_id')
  if (id !== '') return id
  return verbs.tasks().find(({ phase }) => phase === 'running')?.task.id ?? ''
}

/** The runs that a change of the queue or the history names, as far as they are known. */
function named({ fields }: SimulatorRequest, verbs: Verbs): readonly string[] {
  const cleared = fields['clear'] === true ? verbs.tasks().map(({ task }) => task.id) : []
  return [...idsToDelete(fields), ...cleared].filter((id) => verbs.find(id) !== null)
}

/** Whatever a change comes to, it is answered with nothing. */
const deletes = {
  kind: 'delete',
  method: 'POST',
  idOf: (request: SimulatorRequest, verbs: Verbs): string => named(request, verbs)[0] ?? '',
  others: (request: SimulatorRequest, verbs: Verbs): readonly string[] => named(request, verbs).slice(1),
  answer: nothing,
  missing: nothing,
} as const

/** Older servers and their web page know the routes without and with this. */
const path = (rest: string): RegExp => new RegExp(`^(?:/api)?${rest}$`, 'u')

const stats = {
  system: { os: 'posix', comfyui_version: '0.3.60', python_version: '3.12.11', pytorch_version: '2.8.0' },
  devices: [{ name: 'cuda:0', type: 'cuda', index: 0, vram_total: 25_757_220_864 }],
}

/** A ComfyUI of one's own. It has no keys, and remembers nothing over a restart (`forgetOnRestart`). */
export const comfyui: Dialect = {
  name: 'comfyui',
  title: 'ComfyUI',
  environment: (url) => ({ COMFYUI_BASE_URL: url }),
  auth: noAuth,
  // Its own examples send JSON labelled as a form.
  ignoresLabels: true,
  modelDefault: 'wan2.1_t2v_1.3B_fp16.safetensors',
  models: [],
  routes: [
    { kind: 'create', method: 'POST', path: path('/prompt'), read, refuse, answer: created },
    { kind: 'poll', method: 'GET', path: path('/history/(?<id>[^/]+)'), answer: historyAnswer },
    {
      kind: 'poll',
      method: 'GET',
      path: /^\/api\/jobs\/(?<id>[^/]+)$/u,
      answer: jobAnswer,
      missing: noSuchJob,
    },
    {
      kind: 'content',
      method: 'GET',
      path: path('/view'),
      idOf: ({ query }, verbs) => idOfFile(query.get('filename') ?? '', verbs),
      answer: viewAnswer,
      missing: () => emptyAnswer(404),
    },
    { ...deletes, path: path('/queue'), effect: (phase) => (phase === 'queued' ? 'removes' : 'nothing') },
    { ...deletes, path: path('/history'), effect: (phase) => (isTerminal(phase) ? 'removes' : 'nothing') },
    {
      kind: 'cancel',
      method: 'POST',
      path: path('/interrupt'),
      idOf: interrupted,
      // It stops at its next step.
      effect: (phase) => (phase === 'running' ? 'requests' : 'nothing'),
      answer: nothing,
      missing: nothing,
    },
    { kind: 'list', method: 'GET', path: path('/queue'), answer: queueAnswer },
    { kind: 'list', method: 'GET', path: path('/history'), answer: historyList },
    { kind: 'other', method: 'GET', path: path('/prompt'), answer: queueLength },
    { kind: 'other', method: 'GET', path: path('/system_stats'), answer: () => jsonAnswer(200, stats) },
    {
      kind: 'other',
      method: 'POST',
      path: path('/upload/image'),
      answer: (verbs, request) => uploadAnswer(request, verbs),
    },
  ],
  newId,
  idKeys: ['prompt_id', 'id'],
  results: PLAIN_RESULTS,
  // A card of one's own, which nobody has measured here: assumed.
  renderTimes: { default: { medianMs: 180_000, sigma: 0.4 } },
  // The same id twice is queued twice.
  repeats: 'new-task',
  error: errorAnswer,
  missing: () => jsonAnswer(200, {}),
  notReady: () => jsonAnswer(200, {}),
  unrouted: () => ({
    ...emptyAnswer(404),
    headers: { 'content-type': 'text/plain; charset=utf-8' },
    body: Buffer.from('404: Not Found'),
  }),
  bare: (id) => jsonAnswer(200, { [id]: {} }),
}
