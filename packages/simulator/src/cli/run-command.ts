import { startSimulator, type Simulator } from '../simulator.ts'
import { commandOptions, HELP, type CommandOptions } from './options.ts'

/** What the command needs of the process around it. */
export interface CommandIo {
  readonly stdout: { write(text: string): unknown }
  readonly stderr: { write(text: string): unknown }
  /** Calls the listener when the command must end: a signal, or the end of its standard input where that is wanted. */
  onEnd(listener: () => void, untilStdinEnds: boolean): void
}

const USAGE_ERROR = 2
const FAILURE = 1

function following(first: number, index: number): number {
  return first === 0 ? 0 : first + index
}

async function startAll(options: CommandOptions): Promise<Simulator[]> {
  const started: Simulator[] = []
  try {
    for (const [index, dialect] of options.dialects.entries()) {
      const simulator = await startSimulator({
        dialect,
        port: following(options.port, index),
        filesPort: following(options.filesPort, index),
        host: options.host,
        seed: options.seed,
        scenario: options.scenario,
        keys: options.keys,
        models: options.models,
        forgetOnRestart: options.forgetOnRestart,
        limits: options.limits,
        render: options.speed === null ? { kind: 'polls' } : { kind: 'timed', speed: options.speed },
        ...(options.ledgerPath === null ? {} : { ledgerPath: options.ledgerPath }),
        ...(options.callbackUrl === null ? {} : { callbackUrl: options.callbackUrl }),
      })
      started.push(simulator)
    }
  } catch (error) {
    await Promise.all(started.map((simulator) => simulator.close()))
    throw error
  }
  return started
}

/** The settings that point a gateway at a simulator; those of another origin have to be let through its guard. */
function environmentOf({ dialect, url, filesUrl }: Simulator, key: string): Readonly<Record<string, string>> {
  const own = dialect.environment(url, key)
  if (dialect.results.origin === 'own') return own
  return { ...own, REELAY_ALLOW_HOSTS: new URL(filesUrl).host }
}

/** One setting may be wanted by several: hosts are put together, and the first of the others is kept. */
function table(simulators: readonly Simulator[], key: string): string {
  const width = Math.max(...simulators.map(({ dialect }) => dialect.name.length))
  const lines = simulators.map((simulator) => {
    const settings = Object.entries(simulator.dialect.environment(simulator.url, key))
    const text = settings.map(([name, value]) => `${name}=${value}`).join(' ')
    return `${simulator.dialect.name.padEnd(width)}  ${simulator.url}  ${text}`
  })
  const hosts = simulators
    .filter(({ dialect }) => dialect.results.origin === 'other')
    .map(({ filesUrl }) => new URL(filesUrl).host)
  const allow =
    hosts.length === 0 ? [] : ['', `Results on other origins: REELAY_ALLOW_HOSTS=${hosts.join(',')}`]
  return [...lines, ...allow, ''].join('\n')
}

function json(simulators: readonly Simulator[], key: string): string {
  const facts = simulators.map((simulator) => ({
    dialect: simulator.dialect.name,
    url: simulator.url,
    filesUrl: simulator.filesUrl,
    environment: environmentOf(simulator, key),
  }))
  return `${JSON.stringify({ simulators: facts })}\n`
}

function read(args: readonly string[], io: CommandIo): CommandOptions | number {
  try {
    const options = commandOptions(args)
    if (options !== null) return options
    io.stdout.write(HELP)
    return 0
  } catch (error) {
    io.stderr.write(`error: ${error instanceof Error ? error.message : String(error)}\n`)
    return USAGE_ERROR
  }
}

/** Runs the command until it must end; resolves with its exit code. */
export async function runSimulatorCommand(args: readonly string[], io: CommandIo): Promise<number> {
  const options = read(args, io)
  if (typeof options === 'number') return options
  try {
    const simulators = await startAll(options)
    const key = options.keys[0] ?? 'sim'
    // Who reads the table may end it at once.
    const ended = new Promise<void>((resolve) => io.onEnd(resolve, options.untilStdinEnds))
    io.stdout.write(options.json ? json(simulators, key) : table(simulators, key))
    await ended
    await Promise.all(simulators.map((simulator) => simulator.close()))
    return 0
  } catch (error) {
    io.stderr.write(`error: ${error instanceof Error ? error.message : String(error)}\n`)
    return FAILURE
  }
}
