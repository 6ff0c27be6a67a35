import { Option, type Command } from 'commander'
import type { DeliveryListCommandOptions } from './deliveries.ts'
import type {
  EndpointCreateOptions,
  EndpointDeleteOptions,
  EndpointResendOptions,
  EndpointRotateOptions,
  EndpointUpdateOptions,
} from './endpoints.ts'
import type { EventsOptions } from './events.ts'
import type { GlobalOptions } from './io.ts'
import { collect, wholeNumber, type Registration } from './registration.ts'
import type { WebhookSecretOptions } from './webhook-secret.ts'

const GROUP = 'Webhooks:'
const LIMIT_MAX = 10_000

type Group = Omit<Registration, 'program'> & { group: Command }

/** The commands about webhooks. Each loads its own file only when it runs, to start fast. */
export function registerWebhooks(registration: Registration): void {
  const { program, io, finish } = registration
  const group = program
    .command('endpoints')
    .helpGroup(GROUP)
    .description('addresses that hear of all videos: list, create, test, rotate and more')
  registerEndpoints({ group, io, finish })
  registerEndpointChanges({ group, io, finish })
  registerEndpointSecrets({ group, io, finish })
  registerEndpointSends({ group, io, finish })
  registerDeliveries(registration)
  registerEvents(registration)
  registerWebhookSecret(registration)
}

function registerEndpoints({ group, io, finish }: Group): void {
  group
    .command('list', { isDefault: true })
    .description('list the endpoints and how they fare')
    .action(async (_options: unknown, command: Command) => {
      const { list } = await import('./endpoints.ts')
      finish(await list(command.optsWithGlobals<GlobalOptions>(), io))
    })
  group
    .command('get')
    .description('show one endpoint')
    .argument('<id>', 'of the endpoint')
    .action(async (id: string, _options: unknown, command: Command) => {
      const { get } = await import('./endpoints.ts')
      finish(await get({ ...command.optsWithGlobals<GlobalOptions>(), id }, io))
    })
  withFilters(group.command('create'))
    .description('make an endpoint; prints its signing secret')
    .argument('<address>', 'http or https URL that takes the events')
    .action(async (address: string, _options: unknown, command: Command) => {
      const { create } = await import('./endpoints.ts')
      const options = command.optsWithGlobals<Omit<EndpointCreateOptions, 'address'>>()
      finish(await create({ ...options, address }, io))
    })
}

const withFilters = (command: Command): Command =>
  command
    .option(
      '-e, --event <name>',
      'completed, failed, error, queued, in_progress or all; may be repeated; a new one has the first three',
      collect,
    )
    .addOption(
      new Option('--payload <kind>', 'full, or thin: without the video itself').choices(['full', 'thin']),
    )
    .option('--description <text>', 'what it is for')

function registerEndpointChanges({ group, io, finish }: Group): void {
  withFilters(group.command('update'))
    .description('change an endpoint; what is not named stays')
    .argument('<id>', 'of the endpoint')
    .option('--to <URL>', 'its new address')
    .action(async (id: string, _options: unknown, command: Command) => {
      const { update } = await import('./endpoints.ts')
      finish(await update({ ...command.optsWithGlobals<Omit<EndpointUpdateOptions, 'id'>>(), id }, io))
    })
  group
    .command('enable')
    .description('send to an endpoint again, with a clean record')
    .argument('<id>', 'of the endpoint')
    .action(async (id: string, _options: unknown, command: Command) => {
      const { enable } = await import('./endpoints.ts')
      finish(await enable({ ...command.optsWithGlobals<GlobalOptions>(), id }, io))
    })
  group
    .command('disable')
    .description('send nothing more to an endpoint, and cancel what waits for it')
    .argument('<id>', 'of the endpoint')
    .action(async (id: string, _options: unknown, command: Command) => {
      const { disable } = await import('./endpoints.ts')
      finish(await disable({ ...command.optsWithGlobals<GlobalOptions>(), id }, io))
    })
  group
    .command('delete')
    .description('remove an endpoint; on a terminal it asks first')
    .argument('<id>', 'of the endpoint')
    .option('-y, --yes', 'do not ask')
    .action(async (id: string, _options: unknown, command: Command) => {
      const { remove } = await import('./endpoints.ts')
      finish(await remove({ ...command.optsWithGlobals<Omit<EndpointDeleteOptions, 'id'>>(), id }, io))
    })
}

function registerEndpointSecrets({ group, io, finish }: Group): void {
  group
    .command('secret')
    .description('print the signing secrets of an endpoint, the newest first')
    .argument('<id>', 'of the endpoint')
    .action(async (id: string, _options: unknown, command: Command) => {
      const { secret } = await import('./endpoints.ts')
      finish(await secret({ ...command.optsWithGlobals<GlobalOptions>(), id }, io))
    })
  group
    .command('rotate')
    .description('sign with a new secret; prints it')
    .argument('<id>', 'of the endpoint')
    .option('--overlap <time>', 'how long the old one goes on signing too, such as 1h; a day when absent')
    .action(async (id: string, _options: unknown, command: Command) => {
      const { rotate } = await import('./endpoints.ts')
      finish(await rotate({ ...command.optsWithGlobals<Omit<EndpointRotateOptions, 'id'>>(), id }, io))
    })
}

function registerEndpointSends({ group, io, finish }: Group): void {
  group
    .command('test')
    .description('send a test event, and say what the receiver answered')
    .argument('<id>', 'of the endpoint')
    .action(async (id: string, _options: unknown, command: Command) => {
      const { test } = await import('./endpoints.ts')
      finish(await test({ ...command.optsWithGlobals<GlobalOptions>(), id }, io))
    })
  group
    .command('resend')
    .description('send again what did not arrive')
    .argument('<id>', 'of the endpoint')
    .requiredOption('--since <time>', 'how long ago, such as 2h, or a time, such as 2026-09-21T12:00:00Z')
    .action(async (id: string, _options: unknown, command: Command) => {
      const { resend } = await import('./endpoints.ts')
      finish(await resend({ ...command.optsWithGlobals<Omit<EndpointResendOptions, 'id'>>(), id }, io))
    })
}

function registerDeliveries({ program, io, finish }: Registration): void {
  const group = program
    .command('deliveries')
    .helpGroup(GROUP)
    .description('what became of webhooks: list, look at and resend them')
  group
    .command('list', { isDefault: true })
    .description('list the newest deliveries')
    .option('--status <status>', 'only pending, delivered, exhausted or cancelled')
    .option('--endpoint <id>', 'only to this endpoint')
    .option('--video <id>', 'only about this video')
    .option('-n, --limit <count>', 'how many; 20 when absent', wholeNumber(1, LIMIT_MAX))
    .action(async (_options: unknown, command: Command) => {
      const { list } = await import('./deliveries.ts')
      finish(await list(command.optsWithGlobals<DeliveryListCommandOptions>(), io))
    })
  group
    .command('get')
    .description('show one delivery with every attempt')
    .argument('<id>', 'of the delivery')
    .action(async (id: string, _options: unknown, command: Command) => {
      const { get } = await import('./deliveries.ts')
      finish(await get({ ...command.optsWithGlobals<GlobalOptions>(), id }, io))
    })
  group
    .command('resend')
    .description('send an ended delivery again, with the same event id')
    .argument('<id>', 'of the delivery')
    .action(async (id: string, _options: unknown, command: Command) => {
      const { resend } = await import('./deliveries.ts')
      finish(await resend({ ...command.optsWithGlobals<GlobalOptions>(), id }, io))
    })
}

function registerEvents({ program, io, finish }: Registration): void {
  program
    .command('events')
    .helpGroup(GROUP)
    .summary('show everything that happened to a video, its webhooks included')
    .description(
      'Shows everything that happened to a video, its webhooks included. With --follow and --json: a line of JSON for every entry.',
    )
    .argument('<id>', 'of the video')
    .option('-f, --follow', 'go on with what happens next, until the video has ended')
    .action(async (id: string, _options: unknown, command: Command) => {
      const { run } = await import('./events.ts')
      finish(await run({ ...command.optsWithGlobals<Omit<EventsOptions, 'id'>>(), id }, io))
    })
}

function registerWebhookSecret({ program, io, finish }: Registration): void {
  program
    .command('webhook-secret')
    .helpGroup(GROUP)
    .summary('print what signs the deliveries to a callback_url')
    .description('Prints the secrets that sign the deliveries to a callback_url, the newest first.')
    .option('--project <id>', 'whose videos; that of the key when absent')
    .option('--rotate', 'sign with a new one from now on, and print it')
    .option('--overlap <time>', 'how long the old one goes on signing too, such as 1h; a day when absent')
    .action(async (_options: unknown, command: Command) => {
      const { run } = await import('./webhook-secret.ts')
      finish(await run(command.optsWithGlobals<WebhookSecretOptions>(), io))
    })
}
