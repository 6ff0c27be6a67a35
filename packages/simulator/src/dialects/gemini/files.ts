import { jsonAnswer, type Answer } from '../../answer.ts'
import type { SimulatorRequest } from '../../request.ts'
import type { Task, TaskView } from '../../task.ts'
import type { Verbs } from '../../verbs.ts'
import { googleError } from '../google-veo/google-error.ts'
import { sampleCountOf } from '../google-veo/veo-request.ts'

/** Two days, as believed: no page says it of generated videos. */
const KEPT_MS = 48 * 3_600_000

/** The file of a sample: another name than that of its operation, which leads back to it. */
export function fileIdOf(operation: string, index: number): string {
  const id = operation.split('/').at(-1) ?? ''
  return `${Array.from(id).toReversed().join('')}${index}`
}

/** The operation that made a file; empty for a file that nobody made. */
export function operationOfFile(id: string, verbs: Verbs): string {
  const index = Number(id.at(-1))
  const view = verbs
    .tasks()
    .find(({ task }) => fileIdOf(task.id, index) === id && index < sampleCountOf(task.fields))
  return view?.task.id ?? ''
}

/** Who may not see a file and what is not there get the same answer. */
export function noSuchFile(id: string): Answer {
  const message = `You do not have permission to access the File ${id} or it may not exist.`
  return googleError('PERMISSION_DENIED', message)
}

const expiryMs = ({ task, finishedAtMs, nowMs }: TaskView): number =>
  (finishedAtMs ?? nowMs) + (task.script.linkTtlMs ?? KEPT_MS)

const isThere = (view: TaskView): boolean => view.phase === 'done' && view.nowMs < expiryMs(view)

const downloadPath = (task: Task, index: number): string =>
  `/v1beta/files/${fileIdOf(task.id, index)}:download?alt=media`

/** Where the bytes of a sample are: here, behind the key, unless the prompt wants them elsewhere. */
export function fileLink(view: TaskView, verbs: Verbs, index: number): string | null {
  const isOwn = view.task.script.linkOrigin !== 'other'
  return isOwn ? verbs.link(view, downloadPath(view.task, index)) : verbs.link(view)
}

/** The bytes, for `alt=media`. */
export function download(view: TaskView, verbs: Verbs, request: SimulatorRequest): Answer {
  if (!isThere(view)) return noSuchFile(request.params['file'] ?? '')
  if (request.query.get('alt') === 'media') return verbs.file(view, request)
  return googleError('INVALID_ARGUMENT', 'Downloads need alt=media.')
}

const isoTime = (ms: number): string => new Date(ms).toISOString()

/** What is told of a file. */
export function file(view: TaskView, verbs: Verbs, { params }: SimulatorRequest): Answer {
  const id = params['file'] ?? ''
  if (!isThere(view)) return noSuchFile(id)
  const { type, bytes } = verbs.clip(view)
  const madeAt = isoTime(view.finishedAtMs ?? view.nowMs)
  return jsonAnswer(200, {
    name: `files/${id}`,
    mimeType: type,
    sizeBytes: String(bytes.length),
    createTime: madeAt,
    updateTime: madeAt,
    expirationTime: isoTime(expiryMs(view)),
    uri: `${verbs.origin}/v1beta/files/${id}`,
    downloadUri: `${verbs.origin}/v1beta/files/${id}:download?alt=media`,
    state: 'ACTIVE',
    source: 'GENERATED',
  })
}
