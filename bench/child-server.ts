import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'

/** As the image starts the gateway (Dockerfile). */
export const IMAGE_OPTIONS = '--max-semi-space-size=8'

/** A server process that printed its address when it was ready. */
export type ChildServer = { url: string; process: ChildProcess; stop(): Promise<void> }

function urlIn(line: string): string {
  const url = /https?:\/\/[^\s"]+/.exec(line)?.[0]
  if (url === undefined) throw new Error(`no address where one was expected: ${line}`)
  return url
}

/** Starts a bench server from its source. Its log goes nowhere, as to a collector that keeps up. */
export async function startServer(
  file: string,
  values: readonly string[],
  environment: Readonly<Record<string, string>>,
): Promise<ChildServer> {
  const child = spawn(process.execPath, [fileURLToPath(new URL(file, import.meta.url)), ...values], {
    env: { ...process.env, ...environment },
    stdio: ['ignore', 'pipe', 'ignore'],
  })
  const ended = once(child, 'exit').then(() => {
    throw new Error(`${file} ended before it listened: run it alone to see why`)
  })
  const [line] = await Promise.race([once(createInterface({ input: child.stdout }), 'line'), ended])
  // From here on its end is `stop`'s business.
  ended.catch(() => {})
  return {
    url: urlIn(String(line)),
    process: child,
    stop: async () => {
      const exited = once(child, 'exit')
      child.kill('SIGTERM')
      await exited
    },
  }
}
