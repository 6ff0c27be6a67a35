import type { TimelineEntry } from '@reelay/sdk'
import { connect } from './connection.ts'
import { EXIT_CODE, type ExitCode } from './exit-code.ts'
import { writeJson, type GlobalOptions, type Io } from './io.ts'
import { printTable } from './print-table.ts'

export type EventsOptions = GlobalOptions & { id: string }

/** `reelay events`: what happened to one video. */
export async function run(options: EventsOptions, io: Io): Promise<ExitCode> {
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
      `${(entry.at - startSeconds).toFixed(1)} s`,
      entry.type,
      detailsText(entry),
    ]),
    empty: 'nothing happened to it yet',
  })
  return EXIT_CODE.ok
}

/** `2026-09-21 14:13:20.123Z`: of the gateway's clock, whatever the zone of the terminal. */
const timeText = (seconds: number): string =>
  new Date(Math.round(seconds * 1_000)).toISOString().replace('T', ' ')

const detailsText = ({ data }: TimelineEntry): string =>
  Object.entries(data)
    .map(([name, value]) => `${name}=${typeof value === 'string' ? value : JSON.stringify(value)}`)
    .join(', ')
