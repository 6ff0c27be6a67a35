import { cpus } from 'node:os'
import { parseArgs } from 'node:util'
import { newRecord, writeRecord } from '../scripts/new-record.ts'
import { benchCallbacks } from './callbacks.ts'
import { benchContent } from './content.ts'
import { benchCreates } from './creates.ts'
import { benchDetection } from './detection.ts'
import { benchEngineLag } from './engine-lag.ts'
import { benchEventStreams } from './event-streams.ts'
import type { Bench, Figure } from './figure.ts'
import { benchGetById } from './get-by-id.ts'
import { benchLargeVideo } from './large-video.ts'
import { benchListPages } from './list-pages.ts'
import { benchMemoryInFlight } from './memory-in-flight.ts'
import { benchPollCycle } from './poll-cycle.ts'
import { benchPostgres } from './postgres.ts'
import { benchStartAndIdle } from './start-and-idle.ts'

const BENCHES: Readonly<Record<string, Bench>> = {
  'get-by-id': benchGetById,
  creates: benchCreates,
  'start-and-idle': benchStartAndIdle,
  'memory-in-flight': benchMemoryInFlight,
  'engine-lag': benchEngineLag,
  detection: benchDetection,
  'poll-cycle': benchPollCycle,
  content: benchContent,
  callbacks: benchCallbacks,
  'event-streams': benchEventStreams,
  'list-pages': benchListPages,
  'large-video': benchLargeVideo,
}

/** Take gigabytes and minutes. */
const LONG: readonly string[] = ['large-video']

const HELP = `npm run bench -- [options]
  --only <names>   with commas: ${Object.keys(BENCHES).join(', ')}
  --long           also with a hundred thousand tasks, and ${LONG.join(', ')}
  --short          small samples, to see that all of it works
  --record <file>  writes the figures as a record for docs/proof.md
npm run bench -- postgres [polls|reads|replicas]`

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    only: { type: 'string' },
    long: { type: 'boolean', default: false },
    short: { type: 'boolean', default: false },
    record: { type: 'string' },
    help: { type: 'boolean', default: false },
  },
})

if (values.help) console.log(HELP)
else if (positionals.includes('postgres')) await benchPostgres(positionals)
else await runAll(positionals.length > 0 ? positionals : (values.only?.split(',') ?? usual()))

function usual(): readonly string[] {
  return Object.keys(BENCHES).filter((name) => values.long || !LONG.includes(name))
}

async function runAll(names: readonly string[]): Promise<void> {
  const unknown = names.filter((name) => BENCHES[name] === undefined)
  if (unknown.length > 0) throw new Error(`no such bench: ${unknown.join(', ')}\n${HELP}`)
  console.log(
    `Node ${process.version}, ${cpus().length} cores. Read the ratios: the rest depends on the machine.`,
  )
  const figures: Figure[] = []
  for (const name of names) {
    console.log(`\n${name}`)
    figures.push(...((await BENCHES[name]?.({ isLong: values.long, isShort: values.short })) ?? []))
  }
  printTable(figures)
  if (values.record === undefined) return
  const command = `npm run bench -- ${process.argv.slice(2).join(' ')}`
  await writeRecord(values.record, await newRecord({ name: 'bench', command, seed: null, figures }))
}

function mark({ met }: Figure): string {
  return met === true ? 'met' : 'MISSED'
}

function printTable(figures: readonly Figure[]): void {
  console.log('\nAll figures')
  for (const each of figures) {
    const value = `${each.value} ${each.unit ?? ''}`.trim()
    const aim = each.aim === undefined ? '' : `${each.aim}: ${mark(each)}`
    console.log(
      `  ${each.figure.padEnd(72)} ${value.padStart(18)}  ${(each.baseline ?? '').padEnd(40)} ${aim}`,
    )
  }
}
