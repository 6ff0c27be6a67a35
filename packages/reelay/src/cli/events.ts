import type { ReelayClient, TimelineEntry } from '@reelay/sdk'
import { connect } from './connection.ts'
import { EXIT_CODE, type ExitCode } from './exit-code.ts'
import { withInterrupt } from './interrupt.ts'
import { writeJson, writeLine, type GlobalOptions, type Io } from './io.ts'
import { watchOutages } from './outage-watch.ts'
import { printTable } from './print-table.ts'
import { oneLine } from './text.ts'

export type EventsOptions = GlobalOptions & { id: string; follow?: boolean }

/** `reelay events`: what happened to one video; with `--follow`, also what happens next. */
export async function run(options: EventsOptions, io: Io): Promise<ExitCode> {
  if (options.follow === true) return follow(options, io)
  const entries = await (await connect(options, io)).videos.timeline(options.id)
  if (options.json === true) {
    writeJson(io, { object: 'list', data: entries })
    return EXIT_CODE.ok
  }
  const startSeconds = entries.at(0)?.at ?? 0
  printTable(io, {
    columns: [
      { title: 'TIME' },
      { title: 'AFTER', align: 'right' },
      { title: 'EVENT' },
      { title: 'DETAILS', shrinks: true },
    ],
    rows: entries.map((entry) => [
      timeText(entry.at),
      afterText(entry, startSeconds),
      entry.type,
      detailsText(entry),
    ]),
    empty: 'nothing happened to it yet',
  })
  return EXIT_CODE.ok
}

/** A line for each entry as it comes: a table would have to know them all. */
async function follow(options: EventsOptions, io: Io): Promise<ExitCode> {
  const outages = watchOutages(io.fetch)
  const client = await connect(options, { ...io, fetch: outages.fetch })
  const work = async (signal: AbortSignal): Promise<ExitCode> => {
    outages.tell((remark) => writeLine(io.stderr, remark), signal)
    try {
      await print(client, options, io, signal)
    } finally {
      outages.hush()
    }
    return EXIT_CODE.ok
  }
  const explain = (): void =>
    writeLine(io.stderr, `\ninterrupted: see it again with: reelay events ${options.id}`)
  return withInterrupt(io, work, explain)
}

async function print(
  client: ReelayClient,
  { id, json }: EventsOptions,
  io: Io,
  signal: AbortSignal,
): Promise<void> {
  let startSeconds: number | null = null
  for await (const entry of client.videos.events(id, { signal })) {
    startSeconds ??= entry.at
    const cells = [timeText(entry.at), afterText(entry, startSeconds).padStart(9), entry.type.padEnd(18)]
    const line = `${cells.join('  ')}  ${oneLine(detailsText(entry))}`.trimEnd()
    writeLine(io.stdout, json === true ? JSON.stringify(entry) : line)
  }
}

/** `2026-09-21 14:13:20.123Z`: of the gateway's clock, whatever the zone of the terminal. */
const timeText = (seconds: number): string =>
  new Date(Math.round(seconds * 1_000)).toISOString().replace('T', ' ')

const afterText = ({ at }: TimelineEntry, startSeconds: number): string =>
  `${(at - startSeconds).toFixed(1)} s`

const detailsText = ({ data }: TimelineEntry): string =>
  Object.entries(data)
    .map(([name, value]) => `${name}=${typeof value === 'string' ? value : JSON.stringify(value)}`)
    .join(', ')
