import { fork } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { z } from 'zod'

const MAIN = fileURLToPath(new URL('./seed-express.ts', import.meta.url))

/** A customer's application in a process of its own. */
export interface ExpressApplication {
  readonly url: string
  /** The next line that it prints. */
  line(): Promise<string>
  [Symbol.asyncDispose](): Promise<void>
}

export async function spawnExpress(): Promise<ExpressApplication> {
  const child = fork(MAIN, { stdio: ['ignore', 'pipe', 'inherit', 'ipc'] })
  const ended = once(child, 'exit')
  const { stdout } = child
  if (stdout === null) throw new Error('the process has no output')
  const lines = createInterface({ input: stdout })[Symbol.asyncIterator]()
  const [address]: unknown[] = await once(child, 'message')
  const { port } = z.object({ port: z.int() }).parse(address)
  return {
    url: `http://127.0.0.1:${port}/cometapi/video-webhook`,
    line: async () => (await lines.next()).value ?? 'it ended',
    [Symbol.asyncDispose]: async () => {
      child.disconnect()
      await ended
    },
  }
}
