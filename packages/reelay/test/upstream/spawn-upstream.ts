import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { z } from 'zod'
import type { Command } from './control.ts'
import type { DialectName } from './dialects/dialects.ts'
import { readLedger, type LedgerEntry } from './ledger.ts'

export interface SpawnUpstreamOptions {
  readonly ledgerPath: string
  readonly dialect?: DialectName
  /** 0, the default, picks a free one; give the old one to come back after a kill. */
  readonly port?: number
  readonly scenario?: string
  readonly keys?: readonly string[]
  readonly models?: readonly string[]
  readonly forgetOnRestart?: boolean
}

/** An upstream in a process of its own: it outlives whatever a test does to the gateway. */
export interface SpawnedUpstream {
  readonly port: number
  readonly url: string
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

const MAIN = fileURLToPath(new URL('./upstream-main.ts', import.meta.url))

function argumentsOf(options: SpawnUpstreamOptions): string[] {
  const single = {
    '--ledger': options.ledgerPath,
    '--dialect': options.dialect ?? 'comet',
    '--port': String(options.port ?? 0),
    '--scenario': options.scenario ?? '',
  }
  return [
    ...Object.entries(single).flat(),
    ...(options.keys ?? []).flatMap((key) => ['--key', key]),
    ...(options.models ?? []).flatMap((model) => ['--model', model]),
    ...(options.forgetOnRestart === true ? ['--forget-on-restart'] : []),
  ]
}

const firstLineSchema: z.ZodType<{ port: number }> = z.object({ port: z.int() })

/** The port that the child prints as its first line. Rejects when the child ends before. */
async function portOf(output: NodeJS.ReadableStream): Promise<number> {
  for await (const line of createInterface({ input: output }))
    return firstLineSchema.parse(JSON.parse(line)).port
  throw new Error('The upstream process ended before it listened; its error output says why.')
}

async function sendCommand(url: string, command: Command): Promise<unknown> {
  const response = await fetch(`${url}/__control`, { method: 'POST', body: JSON.stringify(command) })
  const text = await response.text()
  if (!response.ok) throw new Error(`The upstream refused ${JSON.stringify(command)}: ${text}`)
  return text === '' ? undefined : JSON.parse(text)
}

/** Starts the upstream as a child process. It ends by itself when the process that started it does. */
export async function spawnUpstream(options: SpawnUpstreamOptions): Promise<SpawnedUpstream> {
  const child = spawn(process.execPath, [MAIN, ...argumentsOf(options)], {
    stdio: ['pipe', 'pipe', 'inherit'],
  })
  const gone = once(child, 'exit')
  const port = await portOf(child.stdout)
  const url = `http://127.0.0.1:${port}`
  const end = async (how: () => void): Promise<void> => {
    if (child.exitCode === null && child.signalCode === null) {
      how()
      await gone
    }
    child.stdin.destroy()
    child.stdout.destroy()
  }
  return {
    port,
    url,
    processId: child.pid ?? 0,
    control: (command) => sendCommand(url, command),
    readLedger: () => readLedger(options.ledgerPath),
    kill: () => end(() => child.kill('SIGKILL')),
    stop: () => end(() => child.kill('SIGTERM')),
  }
}
