import { createHash } from 'node:crypto'
import { emptyAnswer, jsonAnswer, type Answer } from '../../answer.ts'
import type { Refusal } from '../../dialect.ts'
import { isTerminal } from '../../phase.ts'
import { listField, recordField, textField } from '../../request.ts'
import type { Task, TaskView } from '../../task.ts'
import type { Verbs } from '../../verbs.ts'
import { graphOf, type GraphNode } from './graph.ts'
import { validate } from './validate.ts'

/** The server's own errors are JSON; what fails inside of it is a plain text. */
export function errorAnswer({ status, code, message }: Refusal): Answer {
  if (status >= 500 && code !== 'invalid_request') return brokenAnswer()
  const isInvalid = code === 'model_not_found' || code === 'invalid_request'
  const type = isInvalid ? 'prompt_outputs_failed_validation' : code
  const error = { type, message, details: message, extra_info: {} }
  return jsonAnswer(status, { error, node_errors: {} })
}

/** A handler that throws: the web server says so, and no more. */
export function brokenAnswer(): Answer {
  const text = '500 Internal Server Error\n\nServer got itself in trouble'
  return { status: 500, headers: { 'content-type': 'text/plain; charset=utf-8' }, body: Buffer.from(text) }
}

/** Most digits of the number in a file's name. */
const COUNTER_DIGITS = 12

/** The number in a file's name: made of the id, so that nobody has to remember it. */
function counterOf(id: string): string {
  const hex = createHash('sha256').update(id).digest('hex').slice(0, COUNTER_DIGITS)
  return String(Number.parseInt(hex, 16)).padStart(5, '0')
}

interface SavedFile {
  readonly filename: string
  readonly subfolder: string
  readonly type: 'output'
}

function fileOf(node: GraphNode, task: Task): SavedFile {
  const prefix = textField(node.inputs, 'filename_prefix') || 'ComfyUI'
  const cut = prefix.lastIndexOf('/')
  const kind = node.spec?.makes === 'picture' ? 'png' : task.script.clip
  const end = node.spec?.saves === 'gifs' ? '' : '_'
  return {
    filename: `${prefix.slice(cut + 1)}_${counterOf(task.id)}${end}.${kind}`,
    subfolder: prefix.slice(0, Math.max(0, cut)),
    type: 'output',
  }
}

/** What an output node tells of its file: videos are listed as pictures that move, or as GIFs. */
function listed(node: GraphNode, task: Task): object {
  const file = fileOf(node, task)
  if (node.spec?.saves === 'gifs') {
    const format = textField(node.inputs, 'format')
    return { gifs: [{ ...file, format, frame_rate: node.inputs['frame_rate'] ?? null }] }
  }
  return node.spec?.makes === 'video' ? { images: [file], animated: [true] } : { images: [file] }
}

/** The output nodes that run: those that nothing was wrong with. Pictures that are gone by now spoil none. */
function outputsOf(task: Task, verbs: Verbs): readonly GraphNode[] {
  const nodes = graphOf(task.fields)
  const { good } = validate(nodes, verbs.uploads)
  return nodes.filter(({ id, spec }) => good.includes(id) || (good.length === 0 && spec?.saves !== undefined))
}

/** The task whose video has this name; an empty text for none. */
export function idOfFile(filename: string, verbs: Verbs): string {
  const found = verbs.tasks().find(({ task }) =>
    graphOf(task.fields)
      .filter(({ spec }) => spec?.makes === 'video')
      .some((node) => fileOf(node, task).filename === filename),
  )
  return found?.task.id ?? ''
}

/** Its place in the queue: the lower, the sooner. Those that wait are taken in their order. */
function numberOf({ fields, createdAtMs }: Task): number {
  if (typeof fields['number'] === 'number') return fields['number']
  return fields['front'] === true ? -createdAtMs : createdAtMs
}

/** As the queue and the history have it: number, id, graph, extra data, and the outputs to run. */
function promptTuple({ task }: TaskView, verbs: Verbs): readonly unknown[] {
  const client = textField(task.fields, 'client_id')
  const extra = {
    ...recordField(task.fields, 'extra_data'),
    ...(client === '' ? {} : { client_id: client }),
    create_time: task.createdAtMs,
  }
  const outputs = outputsOf(task, verbs).map(({ id }) => id)
  return [numberOf(task), task.id, recordField(task.fields, 'prompt'), extra, outputs]
}

/** The node that a run stops at. */
const samplerOf = (nodes: readonly GraphNode[]): GraphNode | undefined =>
  nodes.find(({ className }) => className?.startsWith('KSampler') === true) ?? nodes.at(-1)

function endMessage(view: TaskView): readonly [string, object] {
  const { task, phase } = view
  const about = { prompt_id: task.id, timestamp: view.finishedAtMs ?? view.nowMs }
  if (phase === 'done') return ['execution_success', about]
  const node = samplerOf(graphOf(task.fields))
  const where = { ...about, node_id: node?.id ?? '', node_type: node?.className ?? '', executed: [] }
  if (phase === 'cancelled') return ['execution_interrupted', where]
  const { message, code } = task.script.failure
  const failure = { exception_message: message, exception_type: code ?? 'RuntimeError', traceback: [] }
  return ['execution_error', { ...where, ...failure, current_inputs: {}, current_outputs: [] }]
}

export function statusOf(view: TaskView): object {
  const isDone = view.phase === 'done'
  const start = { prompt_id: view.task.id, timestamp: view.startedAtMs ?? view.task.createdAtMs }
  return {
    status_str: view.word ?? (isDone ? 'success' : 'error'),
    completed: isDone,
    messages: [['execution_start', start], ['execution_cached', { nodes: [], ...start }], endMessage(view)],
  }
}

/** The files of a run, by node; none where it did not end well. */
export function filesOf(view: TaskView, verbs: Verbs): Readonly<Record<string, object>> {
  if (view.phase !== 'done' || verbs.link(view) === null) return {}
  return Object.fromEntries(outputsOf(view.task, verbs).map((node) => [node.id, listed(node, view.task)]))
}

/** A run that has ended, as the history keeps it. */
function historyEntry(view: TaskView, verbs: Verbs): object {
  return {
    prompt: promptTuple(view, verbs),
    outputs: filesOf(view, verbs),
    // Older servers write none.
    ...(view.task.script.withoutStatus ? {} : { status: statusOf(view) }),
    meta: {},
  }
}

/** `{}` until the run is over; of an id that nobody knows it is all that is ever said. */
export function historyAnswer(view: TaskView, verbs: Verbs): Answer {
  if (!isTerminal(view.phase)) return jsonAnswer(200, {})
  return jsonAnswer(200, { [view.task.id]: historyEntry(view, verbs) })
}

export function historyList(verbs: Verbs): Answer {
  const ended = verbs.tasks().filter(({ phase }) => isTerminal(phase))
  return jsonAnswer(200, Object.fromEntries(ended.map((view) => [view.task.id, historyEntry(view, verbs)])))
}

export function queueAnswer(verbs: Verbs): Answer {
  const inPhase = (wanted: 'queued' | 'running'): readonly unknown[] =>
    verbs.tasks().flatMap((view) => (view.phase === wanted ? [promptTuple(view, verbs)] : []))
  return jsonAnswer(200, { queue_running: inPhase('running'), queue_pending: inPhase('queued') })
}

export function queueLength(verbs: Verbs): Answer {
  const left = verbs.tasks().filter(({ phase }) => !isTerminal(phase)).length
  return jsonAnswer(200, { exec_info: { queue_remaining: left } })
}

export function created({ task }: TaskView, verbs: Verbs): Answer {
  const { faults } = validate(graphOf(task.fields), verbs.uploads)
  const errors = nodeErrors(task, faults)
  return jsonAnswer(200, { prompt_id: task.id, number: numberOf(task), node_errors: errors })
}

export function nodeErrors(
  { fields }: Pick<Task, 'fields'>,
  faults: ReturnType<typeof validate>['faults'],
): Readonly<Record<string, object>> {
  const classes = new Map(graphOf(fields).map(({ id, className }) => [id, className]))
  return Object.fromEntries(
    [...faults].map(([id, { faults: errors, of }]) => [
      id,
      { errors, dependent_outputs: of, class_type: classes.get(id) ?? null },
    ]),
  )
}

/** The ids that a change of the queue or the history names. */
export const idsToDelete = (fields: Readonly<Record<string, unknown>>): readonly string[] =>
  listField(fields, 'delete').filter((id) => typeof id === 'string')

export const nothing = (): Answer => emptyAnswer(200)
