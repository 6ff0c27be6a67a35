import type { InsertOutcome } from '../store/store.ts'
import { isAdopted } from '../task/is-adopted.ts'
import type { Task } from '../task/task.ts'
import { ApiError, videoNotFound } from './api-error.ts'
import { jsonAnswer, VARY, type Exchange, type HttpBindings } from './exchange.ts'
import { viewVideo } from './find-video.ts'
import { tooManyVideos } from './limit-answer.ts'

/**
 * The answer to a request that makes a task.
 * @throws ApiError
 */
export async function insertAnswer(exchange: Exchange, outcome: InsertOutcome): Promise<Response> {
  switch (outcome.kind) {
    case 'created':
      noteAnswered(exchange, outcome.replayId)
      noteCreated(exchange, outcome.task)
      return videoAnswer(exchange, outcome.task)
    case 'replayed':
      if (outcome.task === undefined) throw videoNotFound()
      noteAnswered(exchange, outcome.replayId)
      return videoAnswer(exchange, outcome.task, outcome.by === 'key' ? 'true' : 'inferred')
    case 'key_reused': {
      const message =
        'This Idempotency-Key was used for a different request. Use a new key for each new video.'
      throw new ApiError('idempotency_key_reused', message, { param: 'Idempotency-Key' })
    }
    case 'limited':
      throw tooManyVideos(outcome, exchange.shared.clock.nowMs())
  }
}

async function videoAnswer(
  exchange: Exchange,
  task: Task,
  replayed?: 'true' | 'inferred',
): Promise<Response> {
  const headers: Record<string, string> = { location: `/v1/videos/${task.id}`, vary: VARY }
  if (replayed !== undefined) headers['idempotent-replayed'] = replayed
  return jsonAnswer(await viewVideo(exchange, task), headers)
}

function noteCreated({ request, shared, startedAtMs }: Exchange, task: Task): void {
  shared.observer.created({
    task,
    origin: isAdopted(task) ? 'adopted' : 'created',
    traceparent: request.headers.get('traceparent'),
    lap: { startedAtMs, durationMs: Math.max(0, shared.clock.nowMs() - startedAtMs) },
  })
}

/** Once the answer has left, a further try of the client is a request of its own. Written lazily: losing it is harmless. */
function noteAnswered(exchange: Exchange, replayId: string | null): void {
  if (replayId === null) return
  const { log, store: database } = exchange.shared
  const { env }: { env: HttpBindings | undefined } = exchange.context
  env?.outgoing?.once('finish', () => {
    database.markAnswered(replayId).catch((error: unknown) => {
      log.warn({ err: error }, 'that a create was answered could not be noted')
    })
  })
}
