import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'

const LAUNCHER = fileURLToPath(new URL('../../bin/reelay.js', import.meta.url))

export type Ended = { code: number | null; stdout: string; stderr: string }

export type Environment = Readonly<Record<string, string>>

/** Without the flags of the test's own process: the launcher has to set what it needs. */
function start(argv: readonly string[], environment: Environment): ChildProcess {
  const { NODE_OPTIONS: _flags, NODE_TEST_CONTEXT: _context, ...inherited } = process.env
  return spawn(process.execPath, [LAUNCHER, ...argv], {
    env: { ...inherited, ...environment },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
}

/** Runs a command to its end: that of its output, so of everything that it started. */
export async function runCommand(argv: readonly string[], environment: Environment): Promise<Ended> {
  const child = start(argv, environment)
  const closed = once(child, 'close')
  const [stdout, stderr] = await Promise.all([child.stdout!.toArray(), child.stderr!.toArray()])
  await closed
  return { code: child.exitCode, stdout: stdout.join(''), stderr: stderr.join('') }
}

/** A gateway as `reelay serve` runs it. */
export type Served = {
  readonly url: string
  /** Of the launcher, which hands signals on and answers with the gateway's exit code. */
  signal(name: NodeJS.Signals): void
  /** Resolves when the gateway and every process that it started are gone. */
  readonly gone: Promise<Ended>
}

export async function serve(environment: Environment): Promise<Served> {
  const child = start(['serve', '--port', '0'], environment)
  const closed = once(child, 'close')
  const lines: string[] = []
  const errors: string[] = []
  child.stderr!.on('data', (chunk) => errors.push(String(chunk)))
  const listening = Promise.withResolvers<string>()
  createInterface({ input: child.stdout! }).on('line', (line) => {
    lines.push(line)
    const url = /^reelay \S+ listens on (http:\/\/\S+)$/.exec(line)?.[1]
    if (url !== undefined) listening.resolve(url)
  })
  const gone = closed.then(() => ({
    code: child.exitCode,
    stdout: lines.join('\n'),
    stderr: errors.join(''),
  }))
  const early = gone.then(({ code, stdout, stderr }) => {
    throw new Error(`the gateway ended with ${code} before it listened: ${stdout} ${stderr}`)
  })
  const url = await Promise.race([listening.promise, early])
  early.catch(() => {})
  return { url, signal: (name) => child.kill(name), gone }
}
