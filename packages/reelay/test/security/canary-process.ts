import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { z } from 'zod'

const MAIN = fileURLToPath(new URL('../crash/gateway-main.ts', import.meta.url))
const readySchema = z.object({ url: z.url() })

/** A gateway in a process of its own, whose every word is kept. */
export interface CanaryProcess {
  readonly url: string
  /** Standard output and standard error so far. */
  words(): string
  stop(): Promise<void>
}

export async function startCanaryProcess(
  environment: Readonly<Record<string, string>>,
): Promise<CanaryProcess> {
  const child: ChildProcess = spawn(process.execPath, ['--disable-warning=ExperimentalWarning', MAIN], {
    env: {
      PATH: process.env['PATH'],
      NODE_OPTIONS: process.env['NODE_OPTIONS'],
      REELAY_PORT: '0',
      REELAY_LOG_LEVEL: 'debug',
      ...environment,
    },
    stdio: ['pipe', 'pipe', 'pipe'],
  })
  const { stdin, stdout, stderr } = child
  if (stdin === null || stdout === null || stderr === null) throw new Error('the process has no pipes')
  let words = ''
  for (const stream of [stdout, stderr])
    stream.setEncoding('utf8').on('data', (text: string) => (words += text))
  // Not `exit`: what it wrote last may still be in the pipes by then.
  const closed = once(child, 'close')
  const first: unknown[] = await Promise.race([once(createInterface({ input: stdout }), 'line'), closed])
  const line = String(first[0])
  if (!line.startsWith('{')) throw new Error(`the gateway did not start: ${words}`)
  return {
    url: readySchema.parse(JSON.parse(line)).url,
    words: () => words,
    stop: async () => {
      stdin.end()
      await closed
    },
  }
}
