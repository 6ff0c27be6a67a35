import { runSimulatorCommand } from '@reelay/simulator'
import type { GlobalOptions, Io } from './io.ts'

export type SimulateOptions = GlobalOptions & {
  /** As they were written: they are the simulator's own. */
  args: readonly string[]
}

/** `reelay simulate`: the providers' simulator, the same command as its package's own. */
export async function run({ args, json }: SimulateOptions, io: Io): Promise<number> {
  const own = json === true ? [...args, '--json'] : args
  return runSimulatorCommand(own, {
    stdout: io.stdout,
    stderr: io.stderr,
    onEnd: (listener) => void io.onInterrupt(listener),
  })
}
