import type { Command } from 'commander'
import type { GlobalOptions } from './io.ts'
import type { KeyCreateOptions } from './keys.ts'
import type { ProjectCreateOptions } from './projects.ts'
import { collect, wholeNumber, type Registration } from './registration.ts'

const GROUP = 'Gateway:'
const PORT_MAX = 65_535

type ServeFlags = { host?: string; port?: number; dataDir?: string }

/** The commands about the gateway itself. Each loads its own file only when it runs, to start fast. */
export function registerGateway(registration: Registration): void {
  registerServe(registration)
  registerLooks(registration)
  registerKeys(registration)
  registerProjects(registration)
}

function registerServe({ program, io, finish }: Registration): void {
  program
    .command('serve')
    .helpGroup(GROUP)
    .summary('run the gateway')
    .description('Runs the gateway until Ctrl-C. Everything else about it is set by environment variables.')
    .option('--host <address>', 'to listen on; REELAY_HOST, else 127.0.0.1')
    .option('--port <number>', 'to listen on; REELAY_PORT, else 7373', wholeNumber(0, PORT_MAX))
    .option('--data-dir <folder>', 'database, videos and keys; REELAY_DATA_DIR, else your data folder')
    .action(async (_options: unknown, command: Command) => {
      const { host, port, dataDir } = command.optsWithGlobals<ServeFlags>()
      const flags = {
        ...(host === undefined ? {} : { REELAY_HOST: host }),
        ...(port === undefined ? {} : { REELAY_PORT: String(port) }),
        ...(dataDir === undefined ? {} : { REELAY_DATA_DIR: dataDir }),
      }
      const { runServe } = await import('./serve.ts')
      const stop = Promise.withResolvers<void>()
      const release = io.onInterrupt(stop.resolve)
      const write = (line: string): void => void io.stdout.write(`${line}\n`)
      try {
        finish(await runServe({ environment: { ...io.env, ...flags }, write, stopRequested: stop.promise }))
      } finally {
        release()
      }
    })
}

function registerLooks({ program, io, finish }: Registration): void {
  program
    .command('models')
    .helpGroup(GROUP)
    .description('list the models that can be reached, and what they take')
    .action(async (_options: unknown, command: Command) => {
      const { run } = await import('./models.ts')
      finish(await run(command.optsWithGlobals<GlobalOptions>(), io))
    })
  program
    .command('providers')
    .helpGroup(GROUP)
    .description('list the providers: configured or not, paused or not, with a dry check of each')
    .action(async (_options: unknown, command: Command) => {
      const { run } = await import('./providers.ts')
      finish(await run(command.optsWithGlobals<GlobalOptions>(), io))
    })
  program
    .command('doctor')
    .helpGroup(GROUP)
    .description('check what stands between this command line and a video')
    .action(async (_options: unknown, command: Command) => {
      const { run } = await import('./doctor.ts')
      finish(await run(command.optsWithGlobals<GlobalOptions>(), io))
    })
}

function registerKeys({ program, io, finish }: Registration): void {
  const keys = program.command('keys').helpGroup(GROUP).description('make, list and revoke API keys')
  keys
    .command('create')
    .description('make a key; it is shown this once only')
    .requiredOption('--name <name>', 'what it is for')
    .option('--project <id>', 'whose videos it reaches; the default project when absent')
    .option(
      '--scope <scope>',
      'create, read, content or admin; may be repeated; the first three when absent',
      collect,
    )
    .action(async (_options: unknown, command: Command) => {
      const { create } = await import('./keys.ts')
      finish(await create(command.optsWithGlobals<KeyCreateOptions>(), io))
    })
  keys
    .command('list')
    .description('list the keys, without their secrets')
    .action(async (_options: unknown, command: Command) => {
      const { list } = await import('./keys.ts')
      finish(await list(command.optsWithGlobals<GlobalOptions>(), io))
    })
  keys
    .command('revoke')
    .description('refuse requests with this key from now on')
    .argument('<id>', 'of the key')
    .action(async (id: string, _options: unknown, command: Command) => {
      const { revoke } = await import('./keys.ts')
      finish(await revoke({ ...command.optsWithGlobals<GlobalOptions>(), id }, io))
    })
}

function registerProjects({ program, io, finish }: Registration): void {
  const projects = program.command('projects').helpGroup(GROUP).description('make and list projects')
  projects
    .command('create')
    .description('make a project: its videos and keys are apart from those of others')
    .requiredOption('--name <name>', 'what it is called')
    .action(async (_options: unknown, command: Command) => {
      const { create } = await import('./projects.ts')
      finish(await create(command.optsWithGlobals<ProjectCreateOptions>(), io))
    })
  projects
    .command('list')
    .description('list the projects')
    .action(async (_options: unknown, command: Command) => {
      const { list } = await import('./projects.ts')
      finish(await list(command.optsWithGlobals<GlobalOptions>(), io))
    })
}
