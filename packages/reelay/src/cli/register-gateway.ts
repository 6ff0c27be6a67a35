import type { Command } from 'commander'
import type { GlobalOptions } from './io.ts'
import type { KeyCreateOptions, KeyRotateOptions } from './keys.ts'
import type { ProjectCreateOptions, ProjectLimitOptions } from './projects.ts'
import type { ProvidersOptions } from './providers.ts'
import {
  durationSeconds,
  limitOf,
  retentionOf,
  wholeNumber,
  words,
  type Registration,
} from './registration.ts'

const GROUP = 'Gateway:'
const PORT_MAX = 65_535

type ServeFlags = { host?: string; port?: number; dataDir?: string }

/** The commands about the gateway itself. Each loads its own file only when it runs, to start fast. */
export function registerGateway(registration: Registration): void {
  registerServe(registration)
  registerSimulate(registration)
  registerLooks(registration)
  registerKeys(registration)
  registerProjects(registration)
}

function registerServe({ program, io, finish }: Registration): void {
  program
    .command('serve')
    .helpGroup(GROUP)
    .summary('run the gateway')
    .description(
      'Runs the gateway until Ctrl-C. Everything else about it is set by environment variables, and by a ' +
        'reelay.config.ts in this folder or named by REELAY_CONFIG.',
    )
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
        const environment = { ...io.env, ...flags }
        const directory = process.cwd()
        finish(await runServe({ environment, directory, write, stopRequested: stop.promise }))
      } finally {
        release()
      }
    })
}

function registerSimulate({ program, io, finish }: Registration): void {
  program
    .command('simulate')
    .helpGroup(GROUP)
    .description('run simulators of the providers, which need no key and cost nothing')
    .helpOption(false)
    .allowUnknownOption()
    .allowExcessArguments()
    .action(async (_options: unknown, command: Command) => {
      const { run } = await import('./simulate.ts')
      finish(await run({ ...command.optsWithGlobals<GlobalOptions>(), args: command.args }, io))
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
    .summary('list the providers, with a dry check of each')
    .description(
      'Lists the providers, the preferred first: configured or not, paused or not, with a dry check of each, which costs nothing.',
    )
    .option('--check', 'exit with 1 when a check fails')
    .action(async (_options: unknown, command: Command) => {
      const { run } = await import('./providers.ts')
      finish(await run(command.optsWithGlobals<ProvidersOptions>(), io))
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

function registerKeys(registration: Registration): void {
  const keys = registration.program
    .command('keys')
    .helpGroup(GROUP)
    .description('make, list, rotate and revoke API keys')
  registerNewKeys(keys, registration)
  const { io, finish } = registration
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

function registerNewKeys(keys: Command, { io, finish }: Registration): void {
  keys
    .command('create')
    .description('make a key; it is shown this once only')
    .requiredOption('--name <name>', 'what it is for')
    .option('--project <id>', "whose videos it reaches; your key's own project when absent")
    .option(
      '--scopes <list>',
      'create, read, content, admin, separated by commas; the first three when absent',
      words,
    )
    .option('--expires <time>', 'from now, for instance 90d; never when absent', durationSeconds)
    .action(async (_options: unknown, command: Command) => {
      const { create } = await import('./keys.ts')
      finish(await create(command.optsWithGlobals<KeyCreateOptions>(), io))
    })
  keys
    .command('rotate')
    .description('make a key in the place of another one, which goes on for a while')
    .argument('<id>', 'of the old key')
    .option(
      '--overlap <time>',
      'how long the old key goes on; 1d when absent, 0s to end it now',
      durationSeconds,
    )
    .option('--expires <time>', 'of the new key, from now; never when absent', durationSeconds)
    .action(async (id: string, _options: unknown, command: Command) => {
      const { rotate } = await import('./keys.ts')
      finish(await rotate({ ...command.optsWithGlobals<KeyRotateOptions>(), id }, io))
    })
}

function registerProjects(registration: Registration): void {
  const { program, io, finish } = registration
  const projects = program.command('projects').helpGroup(GROUP).description('make, list and limit projects')
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
  registerProjectLimits(projects, registration)
}

function registerProjectLimits(projects: Command, { io, finish }: Registration): void {
  projects
    .command('show')
    .description("show a project's limits, and how much of them is used")
    .argument('<id>', 'of the project')
    .action(async (id: string, _options: unknown, command: Command) => {
      const { show } = await import('./projects.ts')
      finish(await show({ ...command.optsWithGlobals<GlobalOptions>(), id }, io))
    })
  projects
    .command('limit')
    .description("set a project's own limits; those that are not named become the gateway's again")
    .argument('<id>', 'of the project')
    .option('--creates <number>', 'creates a minute, or off', limitOf)
    .option('--reads <number>', 'other requests a minute, or off', limitOf)
    .option('--in-flight <number>', 'videos under way at a time, or off', limitOf)
    .option('--per-day <number>', 'videos made in a day of UTC, or off', limitOf)
    .option('--retention <time>', 'how long videos are kept, for instance 30d, or keep', retentionOf)
    .action(async (id: string, _options: unknown, command: Command) => {
      const { limit } = await import('./projects.ts')
      finish(await limit({ ...command.optsWithGlobals<ProjectLimitOptions>(), id }, io))
    })
}
