import { homedir } from 'node:os'
import { systemClock } from '../system/clock.ts'
import { systemIds } from '../system/ids.ts'
import { EXIT_CODE } from './exit-code.ts'
import type { Io } from './io.ts'
import { runProgram } from './program.ts'

const SIGNALS = ['SIGINT', 'SIGTERM'] as const

const io: Io = {
  stdout: process.stdout,
  stderr: process.stderr,
  canAsk: process.stdin.isTTY && process.stderr.isTTY,
  env: process.env,
  homeDirectory: homedir(),
  clock: systemClock,
  ids: systemIds,
  // The gateway's address comes from the person at the keyboard, so nothing guards it.
  fetch: (input, init) => globalThis.fetch(input, init),
  onInterrupt: (listener) => {
    // Only the first signal: a second one ends a process that does not stop.
    const once = (): void => {
      release()
      listener()
    }
    const release = (): void => SIGNALS.forEach((signal) => process.removeListener(signal, once))
    for (const signal of SIGNALS) process.on(signal, once)
    return release
  },
  confirm: async (message) => {
    const { confirm, isCancel } = await import('@clack/prompts')
    const answer = await confirm({ message, initialValue: false, output: process.stderr })
    return isCancel(answer) ? null : answer
  },
}

// Started by the launcher: when that is killed, this process must not stay behind and hold the database.
if (process.connected) {
  process.once('disconnect', () => process.kill(process.pid, 'SIGTERM'))
  process.channel?.unref()
}

// A reader that has seen enough, as in `reelay list | head`, is no fault.
for (const stream of [process.stdout, process.stderr]) {
  stream.on('error', (error: NodeJS.ErrnoException) => {
    process.exit(error.code === 'EPIPE' ? EXIT_CODE.ok : EXIT_CODE.unexpected)
  })
}

process.exitCode = await runProgram(process.argv.slice(2), io)
