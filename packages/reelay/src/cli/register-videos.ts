import type { Command } from 'commander'
import type { AdoptOptions } from './adopt.ts'
import type { CancelOptions } from './cancel.ts'
import type { CreateOptions } from './create.ts'
import type { DeleteOptions } from './delete.ts'
import type { DownloadCommandOptions } from './download.ts'
import type { GlobalOptions } from './io.ts'
import type { ListCommandOptions } from './list.ts'
import { collect, positiveNumber, wholeNumber, type Registration } from './registration.ts'

const GROUP = 'Videos:'
const LIMIT_MAX = 10_000
const DEADLINE_SECONDS_MIN = 60
const DEADLINE_SECONDS_MAX = 604_800

/** The commands about videos. Each loads its own file only when it runs, to start fast. */
export function registerVideos(registration: Registration): void {
  registerCreate(registration)
  registerAdopt(registration)
  registerReading(registration)
  registerDownload(registration)
  registerEnding(registration)
}

function registerCreate({ program, io, finish }: Registration): void {
  program
    .command('create')
    .helpGroup(GROUP)
    .summary('start a video, and with --wait or --out see it through')
    .description('Starts a video and prints its id. What a model takes is in: reelay models')
    .argument('<prompt>', 'what the video shows')
    .option('-m, --model <name>', "model, or provider/model; the gateway's default when absent")
    .option('-s, --seconds <seconds>', 'length', positiveNumber)
    .option('--size <WIDTHxHEIGHT>', 'for instance 1280x720')
    .option('--resolution <name>', 'for instance 720p')
    .option('--aspect-ratio <ratio>', 'for instance 16:9')
    .option('-i, --image <file or URL>', 'reference image; may be repeated', collect)
    .option('--first-frame <file or URL>', 'image that the video starts with')
    .option('--last-frame <file or URL>', 'image that the video ends with')
    .option('--negative-prompt <text>', 'what the video does not show')
    .option('--seed <number>', 'for repeatable results', wholeNumber(-1, Number.MAX_SAFE_INTEGER))
    .option('--audio', 'with sound')
    .option('--no-audio', 'without sound')
    .option('--provider-option <name=value>', 'for the provider, JSON or text; may be repeated', collect)
    .option('--metadata <name=value>', 'kept with the video; may be repeated', collect)
    .option('--callback-url <URL>', 'is sent a signed event when the video has ended')
    .option(
      '--deadline <seconds>',
      'when the gateway gives up',
      wholeNumber(DEADLINE_SECONDS_MIN, DEADLINE_SECONDS_MAX),
    )
    .option('--normalize', 'let the gateway take the nearest legal size and length')
    .option('--idempotency-key <key>', 'makes repeating the command safe: it starts one video only')
    .option('-w, --wait', 'show the progress until the video has ended')
    .option('-o, --out <file>', 'wait, then write the video to this file or folder; - is standard output')
    .option('-f, --force', 'replace the file if it exists')
    .action(async (prompt: string, _options: unknown, command: Command) => {
      const { run } = await import('./create.ts')
      finish(await run({ ...command.optsWithGlobals<Omit<CreateOptions, 'prompt'>>(), prompt }, io))
    })
}

function registerAdopt({ program, io, finish }: Registration): void {
  program
    .command('adopt')
    .helpGroup(GROUP)
    .summary('make a video of a job that was made elsewhere')
    .description(
      'Makes a video of a job that was made elsewhere at a configured provider: it is followed and archived like all others. ' +
        'Nothing is sent that costs money. Needs a key with the admin scope.',
    )
    .argument('<provider>', 'account of the gateway, as in: reelay providers')
    .argument('<provider-id>', "the provider's own id of the job")
    .option('-m, --model <name>', 'that the job was made with; fal, Gemini and MiniMax ask for it')
    .option('--endpoint <name>', 'under which the job was made; Kling and MiniMax ask for it')
    .option('--prompt <text>', 'only shown')
    .option('--metadata <name=value>', 'kept with the video; may be repeated', collect)
    .option('--callback-url <URL>', 'is sent a signed event when the video has ended')
    .option(
      '--deadline <seconds>',
      'from now, when the gateway gives up',
      wholeNumber(DEADLINE_SECONDS_MIN, DEADLINE_SECONDS_MAX),
    )
    .option('--idempotency-key <key>', 'makes repeating the command safe: it answers the same video')
    .option('-w, --wait', 'show the progress until the video has ended')
    .option('-o, --out <file>', 'wait, then write the video to this file or folder; - is standard output')
    .option('-f, --force', 'replace the file if it exists')
    .action(async (provider: string, id: string, _options: unknown, command: Command) => {
      const { run } = await import('./adopt.ts')
      const options = command.optsWithGlobals<Omit<AdoptOptions, 'provider' | 'id'>>()
      finish(await run({ ...options, provider, id }, io))
    })
}

function registerReading({ program, io, finish }: Registration): void {
  program
    .command('get')
    .helpGroup(GROUP)
    .description('show one video')
    .argument('<id>', 'of the video')
    .action(async (id: string, _options: unknown, command: Command) => {
      const { run } = await import('./get.ts')
      finish(await run({ ...command.optsWithGlobals<GlobalOptions>(), id }, io))
    })
  program
    .command('list')
    .helpGroup(GROUP)
    .description('list the newest videos')
    .option('--status <status>', 'only queued, in_progress, completed, failed or error')
    .option('-m, --model <name>', 'only of this model')
    .option('-n, --limit <count>', 'how many; 20 when absent', wholeNumber(1, LIMIT_MAX))
    .option('-a, --all', 'every one')
    .action(async (_options: unknown, command: Command) => {
      const { run } = await import('./list.ts')
      finish(await run(command.optsWithGlobals<ListCommandOptions>(), io))
    })
  program
    .command('watch')
    .helpGroup(GROUP)
    .summary('follow videos to their end')
    .description('Follows videos to their end. With --json: a line of JSON for every change.')
    .argument('<id...>', 'of the videos')
    .action(async (ids: readonly string[], _options: unknown, command: Command) => {
      const { run } = await import('./watch.ts')
      finish(await run({ ...command.optsWithGlobals<GlobalOptions>(), ids }, io))
    })
}

function registerDownload({ program, io, finish }: Registration): void {
  program
    .command('download')
    .helpGroup(GROUP)
    .summary('write the file of a completed video')
    .description('Writes the file of a completed video. It appears under its name only when it is whole.')
    .argument('<id>', 'of the video')
    .option('-o, --out <file>', 'file or folder; - is standard output; named after the id when absent')
    .option('--variant <variant>', 'video, thumbnail or spritesheet', 'video')
    .option('-f, --force', 'replace the file if it exists')
    .action(async (id: string, _options: unknown, command: Command) => {
      const { run } = await import('./download.ts')
      finish(await run({ ...command.optsWithGlobals<Omit<DownloadCommandOptions, 'id'>>(), id }, io))
    })
}

function registerEnding({ program, io, finish }: Registration): void {
  program
    .command('cancel')
    .helpGroup(GROUP)
    .description('stop a video that is being made')
    .argument('<id>', 'of the video')
    .action(async (id: string, _options: unknown, command: Command) => {
      const { run } = await import('./cancel.ts')
      finish(await run({ ...command.optsWithGlobals<Omit<CancelOptions, 'id'>>(), id }, io))
    })
  program
    .command('delete')
    .helpGroup(GROUP)
    .summary('remove a video and its files')
    .description('Removes a video and its files. On a terminal it asks first.')
    .argument('<id>', 'of the video')
    .option('-y, --yes', 'do not ask')
    .action(async (id: string, _options: unknown, command: Command) => {
      const { run } = await import('./delete.ts')
      finish(await run({ ...command.optsWithGlobals<Omit<DeleteOptions, 'id'>>(), id }, io))
    })
}
