import type { ReceivedVideo, ReelayClient } from '@reelay/sdk'
import type { Io } from './io.ts'
import type { ProgressBoard } from './progress-board.ts'

/** How the wait for one video ended: with the video, whatever its status, or with the reason why not. */
export type Awaited = { id: string; video: ReceivedVideo | null; error: unknown }

/**
 * Waits for each of the videos, all at once. The tasks end by their own deadlines, so there is no time limit
 * here. `onChange` hears of each look that shows something new.
 */
export function awaitVideos(
  client: ReelayClient,
  ids: readonly string[],
  signal: AbortSignal,
  onChange: (video: ReceivedVideo) => void,
): Promise<Awaited[]> {
  return Promise.all(
    ids.map(async (id): Promise<Awaited> => {
      try {
        const video = await client.videos.wait(id, {
          signal,
          timeoutMs: Number.POSITIVE_INFINITY,
          onProgress: onChange,
        })
        return { id, video, error: null }
      } catch (error) {
        return { id, video: null, error }
      }
    }),
  )
}

/** Waits for one video. @throws what made it impossible */
export async function awaitVideo(
  client: ReelayClient,
  id: string,
  signal: AbortSignal,
  board: ProgressBoard,
): Promise<ReceivedVideo> {
  const [ended] = await awaitVideos(client, [id], signal, (video) => board.update(video))
  if (ended?.video == null) throw ended?.error
  return ended.video
}

/** What Ctrl-C leaves behind. */
export function goesOn(io: Io, ids: readonly string[]): void {
  const what = ids.length === 1 ? 'the task goes on, watch it' : 'the tasks go on, watch them'
  io.stderr.write(`\ninterrupted: ${what} with: reelay watch ${ids.join(' ')}\n`)
}
