import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { extname } from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { z } from 'zod'
import type { Command } from './control.ts'
import type { DialectName } from './dialects/dialects.ts'
import { CONTROL_PATH } from './front.ts'
import { readLedger, type LedgerEntry } from './ledger.ts'

export interface SpawnSimulatorOptions {
  readonly ledgerPath: string
  readonly dialect?: DialectName
  /** 0, the default, picks a free one; give the old one to come back after a kill. */
  readonly port?: number
  /** The same for the other origin. */
  readonly filesPort?: number
  readonly scenario?: string
  readonly keys?: readonly string[]
  readonly models?: readonly string[]
  readonly forgetOnRestart?: boolean
  /** Tasks go by the clock, so many times as fast as the provider. */
  readonly speed?: number
  readonly seed?: number
}

/** A simulator in a process of its own: it outlives whatever a test does to the gateway. */
export interface SpawnedSimulator {
  readonly port: number
  readonly filesPort: number
  readonly url: string
  readonly filesUrl: string
  readonly processId: number
  /** Sends a command to the control route; gives its answer, undefined for none. Rejects on a refusal. */
  control(command: Command): Promise<unknown>
  /** What is on the disk now. */
  readLedger(): LedgerEntry[]
  /** SIGKILL; resolves when the process is gone. */
  kill(): Promise<void>
  /** A clean end; resolves when the process is gone. */
  stop(): Promise<void>
}

/** `.ts` in the sources, `.js` in the package. */
const MAIN = fileURLToPath(new URL(`./cli/main${extname(import.meta.url)}`, import.meta.url))

function argumentsOf(options: SpawnSimulatorOptions): string[] {
  const { ledgerPath, dialect = 'comet', port = 0, filesPort = 0, scenario = '', speed, seed = 1 } = options
  const single = {
    '--ledger': ledgerPath,
    '--dialect': dialect,
    '--port': String(port),
    '--files-port': String(filesPort),
    '--scenario': scenario,
    '--seed': String(seed),
    '--pace': speed === undefined ? 'polls' : 'timed',
    '--speed': String(speed ?? 1),
  }
  return [
    '--json',
    '--until-stdin-ends',
    ...Object.entries(single).flat(),
    ...(options.keys ?? []).flatMap((key) => ['--key', key]),
    ...(options.models ?? []).flatMap((model) => ['--model', model]),
    ...(options.forgetOnRestart === true ? ['--forget-on-restart'] : []),
  ]
}

interface Listening {
  readonly url: string
  readonly filesUrl: string
}

const firstLineSchema: z.ZodType<{ simulators: Listening[] }> = z.object({
  simulators: z.array(z.object({ url: z.string(), filesUrl: z.string() })).min(1),
})

/** Where the child says it listens, on its first line. Rejects when the child ends before. */
async function listeningOf(output: NodeJS.ReadableStream): Promise<Listening> {
  for await (const line of createInterface({ input: output })) {
    const [first] = firstLineSchema.parse(JSON.parse(line)).simulators
    if (first !== undefined) return first
  }
  throw new Error('The simulator process ended before it listened; its error output says why.')
}

async function sendCommand(url: string, command: Command): Promise<unknown> {
  const response = await globalThis.fetch(`${url}${CONTROL_PATH}`, {
    method: 'POST',
    body: JSON.stringify(command),
  })
  const text = await response.text()
  if (!response.ok) throw new Error(`The simulator refused ${JSON.stringify(command)}: ${text}`)
  return text === '' ? undefined : JSON.parse(text)
}

/** Starts a simulator as a child process. It ends by itself when the process that started it does. */
export async function spawnSimulator(options: SpawnSimulatorOptions): Promise<SpawnedSimulator> {
  const child = spawn(process.execPath, [MAIN, ...argumentsOf(options)], {
    stdio: ['pipe', 'pipe', 'inherit'],
  })
  const gone = once(child, 'exit')
  const { url, filesUrl } = await listeningOf(child.stdout)
  const end = async (how: () => void): Promise<void> => {
    if (child.exitCode === null && child.signalCode === null) {
      how()
      await gone
    }
    child.stdin.destroy()
    child.stdout.destroy()
  }
  return {
    port: Number(new URL(url).port),
    filesPort: Number(new URL(filesUrl).port),
    url,
    filesUrl,
    processId: child.pid ?? 0,
    control: (command) => sendCommand(url, command),
    readLedger: () => readLedger(options.ledgerPath),
    kill: () => end(() => child.kill('SIGKILL')),
    stop: () => end(() => child.kill('SIGTERM')),
  }
}
