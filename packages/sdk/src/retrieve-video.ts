import { isSuccess, type Answer } from './answer.ts'
import { ReelayError } from './errors.ts'
import type { Call, Transport } from './transport.ts'
import { isTaskBody, videoFromAnswer, type ReceivedVideo } from './video-from-answer.ts'

/** Longest that a server holds an answer, in seconds. */
const WAIT_SECONDS_MAX = 25

export type RetrieveOptions = {
  /**
   * Ask the server to hold the answer until the task changes, at most so many seconds (1..25). Servers that
   * do not know this answer at once.
   */
  waitSeconds?: number | undefined
  signal?: AbortSignal | undefined
}

/**
 * The path of one video.
 * @throws ReelayError `invalid_argument`, because an empty id would name another route
 */
export function videoPath(id: string, suffix = ''): string {
  if (typeof id !== 'string' || id === '' || id === '.' || id === '..') {
    throw new ReelayError('invalid_argument', 'The video id is empty: pass the id of the created video', {
      param: 'id',
    })
  }
  return `/v1/videos/${encodeURIComponent(id)}${suffix}`
}

/** One look at a task, with the headers that say when to look again. */
export async function retrieveVideo(
  transport: Transport,
  id: string,
  options: RetrieveOptions & { retriesMax?: number },
): Promise<{ video: ReceivedVideo; headers: Headers }> {
  const waitSeconds = Math.min(Math.max(Math.floor(options.waitSeconds ?? 0), 0), WAIT_SECONDS_MAX)
  const call: Call = {
    method: 'GET',
    path: videoPath(id),
    headers: { accept: 'application/json', ...(waitSeconds > 0 ? { prefer: `wait=${waitSeconds}` } : {}) },
    signal: options.signal,
    timeoutMs: transport.timeoutMs + waitSeconds * 1000,
    accepts: isTaskAnswer,
  }
  const answer = await transport.request(
    options.retriesMax === undefined ? call : { ...call, retriesMax: options.retriesMax },
  )
  return { video: videoFromAnswer(answer), headers: answer.headers }
}

// Some servers answer a failed task with a 4xx or 5xx status and the task object: that is its state, not a
// failure to ask.
const isTaskAnswer = (answer: Answer): boolean =>
  isSuccess(answer) || (answer.status >= 400 && isTaskBody(answer.body))
