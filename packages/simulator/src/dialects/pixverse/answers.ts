import { jsonAnswer, type Answer } from '../../answer.ts'
import type { Phase } from '../../phase.ts'
import { textField, type SimulatorRequest } from '../../request.ts'
import type { TaskView } from '../../task.ts'
import type { Verbs } from '../../verbs.ts'
import { errCode } from './pixverse-error.ts'

/** 5 goes on, 1 is done, 8 failed; 7 is for the moderation, 6 for what was deleted. */
const NUMBERS: Readonly<Record<Phase, number>> = {
  queued: 5,
  running: 5,
  done: 1,
  failed: 8,
  error: 8,
  cancelled: 6,
}

/** A failure whose code says that the moderation did it. */
const MODERATION = /^(?:7|500054|500063)$|moderat|policy|sensitive/iu

const SIZES: Readonly<Record<string, readonly [number, number]>> = {
  '360p': [640, 360],
  '540p': [960, 540],
  '720p': [1280, 720],
  '1080p': [1920, 1080],
}

/** What a five-second video costs; assumed. */
const CREDITS = 45

const ACCOUNT = { account_id: 1, credit_monthly: 1_000, credit_package: 200 }

/** A body around a number that may be more than a JavaScript number holds. */
function withId(name: string, id: string, rest: object): Answer {
  const more = JSON.stringify(rest).slice(1)
  const text = `{"ErrCode":0,"ErrMsg":"Success","Resp":{"${name}":${id}${more === '}' ? '' : ','}${more}}`
  return { ...jsonAnswer(200, null), body: Buffer.from(text) }
}

export function created({ task }: TaskView): Answer {
  return withId('video_id', task.id, { credits: CREDITS })
}

/** A word that a prompt dictates is printed as it is: as a number where it is one. */
function statusOf({ phase, word, task }: TaskView): number | string {
  if (word !== null) return /^\d+$/u.test(word) ? Number(word) : word
  return phase === 'failed' && MODERATION.test(task.script.failure.code ?? '') ? 7 : NUMBERS[phase]
}

const withSound = ({ task }: TaskView): boolean => task.fields['generate_audio_switch'] === true

function timeOf(atMs: number): string {
  return `${new Date(atMs).toISOString().slice(0, 19)}Z`
}

/** What a callback tells as well. */
export function outcomeFields(view: TaskView, verbs: Verbs): object {
  const url = verbs.link(view)
  const size = url === null ? 0 : verbs.clip(view).bytes.length
  return { status: statusOf(view), url: url ?? '', size, has_audio: withSound(view) }
}

export function result(view: TaskView, verbs: Verbs): Answer {
  const { task, finishedAtMs } = view
  const { fields } = task
  const isDone = view.phase === 'done'
  const [width, height] = isDone ? (SIZES[textField(fields, 'quality')] ?? [960, 540]) : [0, 0]
  return withId('id', task.id, {
    ...outcomeFields(view, verbs),
    outputWidth: width,
    outputHeight: height,
    prompt: task.prompt,
    negative_prompt: textField(fields, 'negative_prompt'),
    resolution_ratio: 0,
    seed: Number(fields['seed'] ?? 0),
    style: textField(fields, 'style'),
    create_time: timeOf(task.createdAtMs),
    modify_time: timeOf(finishedAtMs ?? view.startedAtMs ?? task.createdAtMs),
  })
}

export const creditsOf = (phase: Phase): number => (phase === 'done' ? CREDITS : 0)

export const balance = (): Answer => jsonAnswer(200, { ErrCode: 0, ErrMsg: 'Success', Resp: ACCOUNT })

const PICTURE_BYTES_MAX = 20 * 1024 * 1024
const PICTURE_TYPES: readonly string[] = ['image/jpeg', 'image/jpg', 'image/png', 'image/webp']

/** A picture for a later create, as a file or by its address. */
export function upload(verbs: Verbs, { files, fields, broken }: SimulatorRequest): Answer {
  if (broken !== null) return errCode(400013)
  const file = files.find(({ field }) => field === 'image')
  const address = textField(fields, 'image_url')
  if (file === undefined && address === '') return errCode(400011)
  if (file !== undefined && !PICTURE_TYPES.includes(file.mime)) return errCode(500032)
  if (file !== undefined && file.bytes > PICTURE_BYTES_MAX) return errCode(500030)
  const id = verbs.ids.digits(15)
  verbs.uploads.keep(id, { mime: file?.mime ?? 'image/png', content: file?.content ?? Buffer.alloc(0) })
  return withId('img_id', id, { img_url: address || `${verbs.origin}/uploads/${id}` })
}
