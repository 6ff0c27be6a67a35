import { firstTextOf, isRecord, listOf, recordOf, textOf, type JsonRecord } from '../../system/json.ts'
import type { Operation, Output, Verdict } from '../../task/verdict.ts'
import { PLAIN_RULES, type RefusalRules } from '../classify-submit.ts'
import { failureOf } from '../failure-of.ts'
import { readProviderError, type ProviderError } from '../provider-error.ts'
import type { UpstreamAnswer } from '../upstream.ts'

const NODE_ERRORS_TOLD_MAX = 3

/** What is wrong with which node: `{<id>: {class_type, errors: [{message, details}]}}`. */
function nodeErrors(errors: unknown): string[] {
  return Object.entries(recordOf(errors)).flatMap(([id, node]) => {
    const { class_type, errors: reasons } = recordOf(node)
    return listOf(reasons).map((reason) => {
      const { message, details } = recordOf(reason)
      const words = [message, details].map(textOf).filter((text) => text !== null)
      return `node ${id} (${textOf(class_type) ?? '?'}): ${words.join(': ')}`
    })
  })
}

/** `{error: {type, message, details}, node_errors}`, or `error` as a text. */
export function readComfyuiError(json: unknown): ProviderError | null {
  const error = readProviderError(json)
  if (error === null) return null
  const lines = nodeErrors(recordOf(json)['node_errors']).slice(0, NODE_ERRORS_TOLD_MAX)
  return { code: error.code, message: [error.message, ...lines].join('; ') }
}

/** Its codes come before its words, which may hold names of files: one that is named nsfw moderates nothing. */
export const COMFYUI_RULES: RefusalRules = {
  ...PLAIN_RULES,
  readError: readComfyuiError,
  codes: new Map([
    ['prompt_outputs_failed_validation', 'invalid_input'],
    ['prompt_no_outputs', 'rejected_by_provider'],
    ['missing_node_type', 'rejected_by_provider'],
    ['invalid_prompt', 'rejected_by_provider'],
    ['no_prompt', 'rejected_by_provider'],
    ['invalid_prompt_id', 'rejected_by_provider'],
  ]),
}

export function comfyuiOperation({ status, json }: UpstreamAnswer): Operation | null {
  const id = textOf(recordOf(json)['prompt_id'])
  return status !== 200 || id === null ? null : { providerTaskId: id }
}

/** Where an uploaded file is, as nodes name it. */
export function uploadedName({ status, json }: UpstreamAnswer): string | null {
  const { name, subfolder } = recordOf(json)
  const file = textOf(name)
  if (status !== 200 || file === null) return null
  const folder = textOf(subfolder)
  return folder === null ? file : `${folder}/${file}`
}

export type QueuePlace = 'waiting' | 'running' | 'absent'

/** Items are lists: number, id, graph, extra data, and more. */
function idIn(items: unknown, isIt: (id: string | null, clientId: string | null) => boolean): string | null {
  for (const item of listOf(items)) {
    const [, id, , extra] = listOf(item)
    if (isIt(textOf(id), textOf(recordOf(extra)['client_id']))) return textOf(id)
  }
  return null
}

function queueOf({ status, json }: UpstreamAnswer): { running: unknown[]; pending: unknown[] } | null {
  const { queue_running: running, queue_pending: pending } = recordOf(json)
  return status === 200 && Array.isArray(running) && Array.isArray(pending) ? { running, pending } : null
}

/** Where the job `id` is in the queue; null when the answer is not the queue. */
export function queuePlace(answer: UpstreamAnswer, id: string): QueuePlace | null {
  const queue = queueOf(answer)
  if (queue === null) return null
  if (idIn(queue.running, (other) => other === id) !== null) return 'running'
  return idIn(queue.pending, (other) => other === id) === null ? 'absent' : 'waiting'
}

/** The id of the job that was queued with a client id; older servers choose ids themselves. */
export function queuedIdOf(answer: UpstreamAnswer, clientId: string): { id: string | null } | null {
  const queue = queueOf(answer)
  if (queue === null) return null
  return { id: idIn([...queue.running, ...queue.pending], (_id, other) => other === clientId) }
}

const VIDEO_FILE = /\.(mp4|m4v|mov|webm)$/i

/** Files are listed by node, under `videos`, `gifs` or `images`, whatever they are. */
function videosOf(outputs: unknown): Output[] {
  const files = Object.values(recordOf(outputs))
    .flatMap((node) => Object.values(recordOf(node)).flatMap(listOf))
    .filter(isRecord)
    .filter(({ filename }) => VIDEO_FILE.test(textOf(filename) ?? ''))
  const kept = files.filter(({ type }) => type === 'output')
  const refs = (kept.length > 0 ? kept : files).map(({ filename, subfolder, type }) => {
    const query = new URLSearchParams({
      filename: textOf(filename) ?? '',
      subfolder: textOf(subfolder) ?? '',
      type: textOf(type) ?? 'output',
    })
    return `/view?${query.toString()}`
  })
  return [...new Set(refs)].map((ref) => ({ role: 'video', ref }))
}

const ENDS = ['execution_success', 'execution_error', 'execution_interrupted']

/** Messages are lists: a name and its data. The last that ended the run says how, and when. */
function endOf(status: JsonRecord): { name: string | null; data: JsonRecord } {
  const messages = listOf(status['messages']).map(listOf)
  const [name, data] = messages.findLast(([kind]) => ENDS.includes(textOf(kind) ?? '')) ?? []
  return { name: textOf(name), data: recordOf(data) }
}

function finishedAt({ timestamp }: JsonRecord): { finishedAtMs?: number } {
  return typeof timestamp === 'number' && timestamp > 0 ? { finishedAtMs: Math.round(timestamp) } : {}
}

function failed(status: JsonRecord): Verdict {
  const { name, data } = endOf(status)
  if (name === 'execution_interrupted') {
    const detail = 'The run was interrupted.'
    return { kind: 'failed', code: 'provider_cancelled', detail, ...finishedAt(data) }
  }
  const reason = textOf(data['exception_message'])?.trim().replaceAll(/\s+/g, ' ') ?? null
  const node = textOf(data['node_type'])
  const message = [node, reason].filter((text) => text !== null).join(': ')
  return {
    kind: 'failed',
    ...failureOf(message === '' ? null : { code: null, message }),
    ...finishedAt(data),
  }
}

function succeeded(outputs: Output[], status: JsonRecord): Verdict {
  const finished = finishedAt(endOf(status).data)
  if (outputs.length > 0) return { kind: 'done', outputs, ...finished }
  const detail = 'The run made no video file: the workflow must end in a node that saves MP4, MOV or WebM.'
  return { kind: 'failed', code: 'provider_failed', detail, ...finished }
}

function verdictOf(entry: JsonRecord): Verdict {
  const status = recordOf(entry['status'])
  const outputs = videosOf(entry['outputs'])
  const word = firstTextOf(status['status_str'])
  switch (word) {
    case 'success':
      return succeeded(outputs, status)
    case 'error':
      return failed(status)
    case null:
      // Older servers write no status: what is in the history has ended.
      return outputs.length > 0 ? { kind: 'done', outputs } : { kind: 'unrecognised', status: 'none' }
    default:
      return { kind: 'unrecognised', status: word.slice(0, 80) }
  }
}

/** What the history says of the job `id`; null when it is not the provider's word on it. */
export function historyVerdict({ status, json }: UpstreamAnswer, id: string): Verdict | 'absent' | null {
  if (status !== 200 || !isRecord(json)) return null
  if (Object.keys(json).length === 0) return 'absent'
  const entry = json[id]
  return isRecord(entry) && isRecord(entry['outputs']) ? verdictOf(entry) : null
}
