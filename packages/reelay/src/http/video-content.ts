import type { ArtifactRole } from '../store/store.ts'
import { isExpired } from '../task/retention.ts'
import type { Task } from '../task/task.ts'
import { admit } from './admit.ts'
import { ApiError, invalidValue, videoNotFound } from './api-error.ts'
import { sessionOf } from './authenticate.ts'
import type { Exchange } from './exchange.ts'
import { videoIdOf } from './find-video.ts'
import { pollPauseSeconds } from './poll-pace.ts'
import { sendFile } from './send-file.ts'
import { verifyLink } from './signed-link.ts'

const VARIANTS = ['video', 'thumbnail', 'spritesheet'] as const satisfies readonly ArtifactRole[]

type Variant = (typeof VARIANTS)[number]

/** Asking again at once, as some clients do, does not help. */
const NO_RETRY = { 'x-should-retry': 'false' }

/** `GET`, `HEAD /v1/videos/{id}/content`: the bytes, with a key or by a signed link. */
export async function videoContent(exchange: Exchange): Promise<Response> {
  const { request, shared } = exchange
  const query = new URL(request.url).searchParams
  const variant = variantOf(query.get('variant'))
  const isLink = query.has('sig') || query.has('exp')
  const task = isLink ? await taskOfLink(exchange, query, variant) : await taskOfKey(exchange)
  requireCompleted(task, shared.clock.nowMs())
  requireUnexpired(task, shared.clock.nowMs())
  const artifacts = await shared.store.artifacts(task.id)
  const artifact = artifacts.find(({ role }) => role === variant)
  if (artifact === undefined) throw absent(variant)
  const filename = variant === 'video' ? task.id : `${task.id}-${variant}`
  // The dashboard's policy lets it show what comes from here, and a storage is somewhere else.
  const mayRedirect = isLink || sessionOf(exchange) === undefined
  const answer = await sendFile({ request, files: shared.files, artifact, filename, mayRedirect })
  if (answer === undefined) throw absent(variant)
  return answer
}

function variantOf(name: string | null): Variant {
  const variant = VARIANTS.find((known) => known === (name ?? 'video'))
  if (variant !== undefined) return variant
  throw invalidValue('variant', `variant must be one of ${VARIANTS.join(', ')}.`)
}

async function taskOfLink(exchange: Exchange, query: URLSearchParams, variant: Variant): Promise<Task> {
  const { clock, settings, store } = exchange.shared
  const id = videoIdOf(exchange)
  const subject = { kind: 'content', id, variant } as const
  verifyLink(settings.linkKeys, {
    subject,
    exp: query.get('exp'),
    sig: query.get('sig'),
    nowMs: clock.nowMs(),
  })
  const task = await store.loadTask(id)
  if (task === undefined || task.deletedAtMs !== null) throw videoNotFound()
  return task
}

/** Here rather than in the route's table, because a signed link needs no key. */
async function taskOfKey(exchange: Exchange): Promise<Task> {
  const key = await admit(exchange, 'content', 'read')
  const task = await exchange.shared.store.findTask(key.projectId, videoIdOf(exchange))
  if (task === undefined) throw videoNotFound()
  return task
}

function requireCompleted(task: Task, nowMs: number): void {
  if (task.state === 'completed') return
  if (task.state === 'failed' || task.state === 'error') {
    const message = `The video was not made: ${task.error?.message ?? 'retrieve it for the reason.'}`
    throw new ApiError('video_failed', message, { headers: NO_RETRY })
  }
  throw new ApiError(
    'video_not_ready',
    'The video is not ready yet. Retrieve it until its status is completed.',
    {
      headers: { ...NO_RETRY, 'retry-after': String(pollPauseSeconds(task, nowMs)) },
    },
  )
}

/** From the second that clients were told, whether the files are removed yet or not. */
function requireUnexpired(task: Task, nowMs: number): void {
  if (task.expiresAtMs === null || !isExpired(task, nowMs)) return
  const day = new Date(task.expiresAtMs).toISOString()
  const message = `The files of this video were kept until ${day}. Create the video again if you need it.`
  throw new ApiError('video_expired', message, { headers: NO_RETRY })
}

const absent = (variant: Variant): ApiError =>
  variant === 'video'
    ? new ApiError(
        'video_expired',
        'The file of this video was removed. Create the video again if you need it.',
        {
          headers: NO_RETRY,
        },
      )
    : new ApiError('variant_not_available', `This video has no ${variant}.`, { headers: NO_RETRY })
