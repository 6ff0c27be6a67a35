import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { z } from 'zod'

/** Where `express` is found from. */
const ROOT = fileURLToPath(new URL('../../../../', import.meta.url))

/** The published application, letter by letter, up to the line that names its port. */
const PUBLISHED = `import express from "express";

const app = express();
app.use(express.json({ limit: "2mb" }));

app.post("/cometapi/video-webhook", async (request, response) => {
  const event = request.body;

  console.log("Task ID:", event.task_id || event.id);
  console.log("Status:", event.status);

  response.status(200).json({ received: true });
});
`

/** In the place of the published `app.listen(3000)`: a free port of loopback, told to the test, until the test is over. */
const LISTEN = `
const server = app.listen(0, "127.0.0.1", () => process.send({ port: server.address().port }));
process.on("disconnect", () => process.exit());
`

/** A customer's application in a process of its own. */
export interface ExpressApplication {
  readonly url: string
  /** The next line that it prints. */
  line(): Promise<string>
  [Symbol.asyncDispose](): Promise<void>
}

export async function spawnExpress(): Promise<ExpressApplication> {
  const child = spawn(process.execPath, ['--input-type=module', '--eval', PUBLISHED + LISTEN], {
    cwd: ROOT,
    stdio: ['ignore', 'pipe', 'inherit', 'ipc'],
  })
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
