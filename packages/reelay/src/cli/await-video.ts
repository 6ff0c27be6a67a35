import type { ReceivedVideo, ReelayClient } from '@reelay/sdk'
import type { Io } from './io.ts'
import type { ProgressBoard } from './progress-board.ts'

/**
 * Waits for one video. The task ends by its own deadline, so there is no time limit here.
 * @throws what made it impossible
 */
export function awaitVideo(
  client: ReelayClient,
  id: string,
  signal: AbortSignal,
  board: ProgressBoard,
): Promise<ReceivedVideo> {
  return client.videos.wait(id, {
    signal,
    timeoutMs: Number.POSITIVE_INFINITY,
    onProgress: (video) => board.update(video),
  })
}

/** What Ctrl-C leaves behind. */
export function goesOn(io: Io, ids: readonly string[]): void {
  const what = ids.length === 1 ? 'the task goes on, watch it' : 'the tasks go on, watch them'
  io.stderr.write(`\ninterrupted: ${what} with: reelay watch ${ids.join(' ')}\n`)
}
