import { createHash } from 'node:crypto'
import { jsonAnswer, type Answer } from '../../answer.ts'
import type { Phase } from '../../phase.ts'
import type { TaskView } from '../../task.ts'
import type { Verbs } from '../../verbs.ts'
import { OPENROUTER_MODELS } from './openrouter-models.ts'

/** `expired` is said by a prompt only. */
const WORDS: Readonly<Record<Phase, string>> = {
  queued: 'pending',
  running: 'in_progress',
  done: 'completed',
  failed: 'failed',
  error: 'failed',
  cancelled: 'cancelled',
}

/** What a video costs; assumed. */
const USAGE = { cost: 0.5, is_byok: false } as const

export const wordOf = ({ word, phase }: TaskView): string => word ?? WORDS[phase]

const pathOf = (id: string): string => `/api/v1/videos/${encodeURIComponent(id)}`

function generationOf(id: string): string {
  return `gen-${createHash('sha256').update(id).digest('hex').slice(0, 24)}`
}

/** The three that are always there; the path of the look is relative. */
export function created({ task }: TaskView): Answer {
  return jsonAnswer(202, { id: task.id, polling_url: pathOf(task.id), status: 'pending' })
}

const isBad = ({ phase }: TaskView): boolean => phase === 'failed' || phase === 'error'

/** How it ended: the links that need the key and the signed ones, or why there are none. */
export function outcomeFields(view: TaskView, verbs: Verbs): object {
  if (isBad(view)) return { error: view.task.script.failure.message }
  if (view.phase !== 'done') return {}
  const unsigned = verbs.link(view, `${pathOf(view.task.id)}/content?index=0`)
  return { unsigned_urls: unsigned === null ? [] : [unsigned], usage: USAGE }
}

/** A job that waits has no generation yet. */
export function generationFields({ task, phase }: TaskView): object {
  return phase === 'queued' ? {} : { generation_id: generationOf(task.id) }
}

export function job(view: TaskView, verbs: Verbs): Answer {
  const { task } = view
  const signed = verbs.link(view)
  return jsonAnswer(200, {
    id: task.id,
    polling_url: pathOf(task.id),
    status: wordOf(view),
    ...generationFields(view),
    ...outcomeFields(view, verbs),
    ...(signed === null ? {} : { urls: [signed] }),
  })
}

/** The list of video models, with what each takes. */
export function models({ models: ids, nowMs }: Verbs): Answer {
  const data = ids.flatMap((id) => {
    const model = OPENROUTER_MODELS[id]
    if (model === undefined) return []
    return {
      id,
      canonical_slug: id,
      name: id,
      created: Math.floor(nowMs / 1000),
      supported_durations: model.durations,
      supported_resolutions: model.resolutions,
      supported_aspect_ratios: model.ratios,
      supported_frame_images: model.frames,
      supported_sizes: null,
      generate_audio: model.audio,
      seed: null,
      pricing_skus: {},
      allowed_passthrough_parameters: [],
    }
  })
  return jsonAnswer(200, { data })
}

export const key = (): Answer =>
  jsonAnswer(200, {
    data: {
      label: 'sk-or-v1-sim...sim',
      limit: 100,
      limit_remaining: 74.5,
      usage: 25.5,
      is_free_tier: false,
    },
  })
