import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { z } from 'zod'

export const API_KEY = 'rk_crash_test_key_0000000000000000000000000000'

const MAIN = fileURLToPath(new URL('./gateway-main.ts', import.meta.url))
const readySchema = z.object({ url: z.url() })

/** A gateway in a process of its own, over one data directory. */
export class GatewayProcess {
  readonly url: string
  readonly #child: ChildProcess
  readonly #exited: Promise<unknown>

  constructor(url: string, child: ChildProcess, exited: Promise<unknown>) {
    this.url = url
    this.#child = child
    this.#exited = exited
  }

  static async start(environment: Readonly<Record<string, string>>): Promise<GatewayProcess> {
    const child = spawn(process.execPath, ['--disable-warning=ExperimentalWarning', MAIN], {
      env: {
        PATH: process.env['PATH'],
        NODE_OPTIONS: process.env['NODE_OPTIONS'],
        REELAY_PORT: '0',
        REELAY_API_KEY: API_KEY,
        REELAY_LOG_LEVEL: 'error',
        ...environment,
      },
      stdio: ['pipe', 'pipe', 'inherit'],
    })
    const exited = once(child, 'exit')
    const lines = createInterface({ input: child.stdout })
    const first = await Promise.race([once(lines, 'line'), exited])
    return new GatewayProcess(readySchema.parse(JSON.parse(String(first[0]))).url, child, exited)
  }

  /** POST /v1/videos. Undefined when the process died before it answered: then nothing was promised. */
  async create(
    fields: Readonly<Record<string, unknown>>,
    headers: Readonly<Record<string, string>> = {},
  ): Promise<string | undefined> {
    try {
      const response = await fetch(`${this.url}/v1/videos`, {
        method: 'POST',
        headers: { authorization: `Bearer ${API_KEY}`, 'content-type': 'application/json', ...headers },
        body: JSON.stringify(fields),
      })
      const body: unknown = await response.json()
      if (!response.ok) throw new Error(`the create was refused: ${JSON.stringify(body)}`)
      return z.object({ id: z.string() }).parse(body).id
    } catch (error) {
      if (error instanceof TypeError) return undefined
      throw error
    }
  }

  async get(path: string): Promise<Response> {
    return fetch(`${this.url}${path}`, { headers: { authorization: `Bearer ${API_KEY}` } })
  }

  /** Waits until the process ended by itself. */
  async ended(): Promise<void> {
    await this.#exited
  }

  async kill(): Promise<void> {
    this.#child.kill('SIGKILL')
    await this.#exited
  }

  async stop(): Promise<void> {
    this.#child.stdin?.end()
    await this.#exited
  }
}
