import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { createInterface, type Interface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { z } from 'zod'
import type { GatewayCommand } from './gateway-command.ts'

export const API_KEY = 'rk_crash_test_key_0000000000000000000000000000'

const MAIN = fileURLToPath(new URL('./gateway-main.ts', import.meta.url))
const readySchema = z.object({ url: z.url() })
const heldSchema = z.object({ point: z.string(), taskId: z.string() })
/** Far more than a test asks for: answers after the first line are read by nobody else. */
const LINES_MAX = 1_000

/** A gateway in a process of its own, over one data directory. */
export class GatewayProcess {
  readonly url: string
  readonly #child: ChildProcess
  readonly #exited: Promise<unknown>
  readonly #said: string[] = []
  #heard = Promise.withResolvers<void>()

  constructor(url: string, child: ChildProcess, exited: Promise<unknown>, lines: Interface) {
    this.url = url
    lines.on('line', (line) => {
      if (this.#said.length < LINES_MAX) this.#said.push(line)
      this.#heard.resolve()
      this.#heard = Promise.withResolvers<void>()
    })
    this.#child = child
    this.#exited = exited
  }

  static start(environment: Readonly<Record<string, string>>): Promise<GatewayProcess> {
    return new StartingProcess(environment).ready()
  }

  tell(command: GatewayCommand): void {
    this.#child.stdin?.write(`${JSON.stringify(command)}\n`)
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

  /** The last of so many tasks that are held at that point of `STOP_AT`, once there are so many. */
  async held(point: string, count = 1): Promise<string> {
    for (;;) {
      const next = this.#heard.promise
      const held = this.#said.map((line) => heldSchema.parse(JSON.parse(line)))
      const here = held.filter((entry) => entry.point === point)[count - 1]
      if (here !== undefined) return here.taskId
      await Promise.race([next, this.#gone()])
    }
  }

  async #gone(): Promise<never> {
    await this.#exited
    throw new Error('the process ended')
  }

  /** Stands still, with everything that it holds, until it is continued. */
  pause(): void {
    this.#child.kill('SIGSTOP')
  }

  continue(): void {
    this.#child.kill('SIGCONT')
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

/** A gateway process that does not answer yet. */
export class StartingProcess {
  readonly #child: ChildProcess
  readonly #exited: Promise<unknown>
  readonly #ready: Promise<GatewayProcess>

  constructor(environment: Readonly<Record<string, string>>) {
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
    // It may be killed while it is told something.
    child.stdin.on('error', () => undefined)
    this.#child = child
    this.#exited = once(child, 'exit')
    this.#ready = this.#untilReady(createInterface({ input: child.stdout }))
    this.#ready.catch(() => undefined)
  }

  async #untilReady(lines: Interface): Promise<GatewayProcess> {
    const line = await Promise.race([once(lines, 'line'), this.#exited.then(() => undefined)])
    if (line === undefined) throw new Error('the gateway process ended before it was ready')
    const { url } = readySchema.parse(JSON.parse(String(line)))
    return new GatewayProcess(url, this.#child, this.#exited, lines)
  }

  tell(command: GatewayCommand): void {
    this.#child.stdin?.write(`${JSON.stringify(command)}\n`)
  }

  /** @throws Error when it ended before */
  ready(): Promise<GatewayProcess> {
    return this.#ready
  }

  async ended(): Promise<void> {
    await this.#exited
  }

  async kill(): Promise<void> {
    this.#child.kill('SIGKILL')
    await this.#exited
  }
}
