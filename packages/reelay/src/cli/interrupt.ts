import { EXIT_CODE, type ExitCode } from './exit-code.ts'
import type { Io } from './io.ts'

/**
 * Runs `work` until it ends or the person presses Ctrl-C; then its signal aborts, `explain` says what goes on
 * without this command, and the answer is the exit code for that.
 */
export async function withInterrupt(
  io: Io,
  work: (signal: AbortSignal) => Promise<ExitCode>,
  explain: () => void,
): Promise<ExitCode> {
  const controller = new AbortController()
  const release = io.onInterrupt(() => controller.abort())
  try {
    return await work(controller.signal)
  } catch (error) {
    if (!controller.signal.aborted) throw error
    explain()
    return EXIT_CODE.interrupted
  } finally {
    release()
  }
}
