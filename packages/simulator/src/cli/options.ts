import { parseArgs } from 'node:util'
import { DIALECTS, isDialectName, type DialectName } from '../dialects/dialects.ts'
import { parseScript } from '../script.ts'

export interface CommandOptions {
  readonly dialects: readonly DialectName[]
  /** The first one; 0 picks free ones. */
  readonly port: number
  readonly filesPort: number
  readonly host: string
  readonly ledgerPath: string | null
  readonly seed: number
  /** Null: a step at each poll. */
  readonly speed: number | null
  readonly scenario: string
  readonly keys: readonly string[]
  readonly models: readonly string[]
  readonly callbackUrl: string | null
  readonly forgetOnRestart: boolean
  readonly limits: boolean
  readonly json: boolean
  readonly untilStdinEnds: boolean
}

const PORT_DEFAULT = 7_400
/** So far above its API is a dialect's other origin. */
const FILES_OFFSET = 100
const PORT_MAX = 65_535

export const HELP: string = `Simulates providers of video generation, one port each: no key, no cost.

  reelay-simulator [options]

  --dialect <names>     with commas between them, or all (default)
  --port <number>       of the first one, the others follow; 0 picks free ones (default ${PORT_DEFAULT})
  --files-port <number> of the first one's other origin, where some results are (default ${FILES_OFFSET} above --port)
  --host <address>      to listen on (default 127.0.0.1: nobody else can reach it)
  --pace <kind>         timed: videos take as long as real ones; polls: each poll is a step (default timed)
  --speed <factor>      so many times as fast as a real one, 60 makes seconds of minutes (default 1)
  --seed <number>       of render times and signing secrets (default 1)
  --scenario <markers>  for every task, as in a prompt: '[up:steps=queued,failed]'
  --key <key>           that is accepted, may be given again; without it any key is
  --model <model>       that is accepted, may be given again; without it any model is
  --callback-url <url>  for providers that are told once and for all where to call back
  --ledger <file>       where every billable request is written down, and found again at the next start
  --forget-on-restart   tasks die with the process although the ledger remembers them
  --limits              what a provider lets an account ask for counts: looks per second, tasks at a time
  --json                prints one line of JSON instead of the table
  --until-stdin-ends    ends when its standard input does: for tests that start it
  --help

Dialects: ${Object.keys(DIALECTS).join(', ')}.
It ends at Ctrl-C. What goes wrong on purpose is said in prompts; see the documentation for the markers.
`

function numberOf(name: string, text: string, min: number, max: number): number {
  const value = Number(text)
  if (text.trim() !== '' && Number.isFinite(value) && value >= min && value <= max) return value
  throw new Error(`--${name} ${text}: give a number from ${min} to ${max}.`)
}

function wholeOf(name: string, text: string, max: number): number {
  const value = numberOf(name, text, 0, max)
  if (Number.isInteger(value)) return value
  throw new Error(`--${name} ${text}: give a whole number.`)
}

function dialectsOf(text: string): DialectName[] {
  const names = text === 'all' ? Object.keys(DIALECTS) : text.split(',').map((name) => name.trim())
  return [...new Set(names)].map((name) => {
    if (isDialectName(name)) return name
    throw new Error(`--dialect ${name}: use all, or some of ${Object.keys(DIALECTS).join(', ')}.`)
  })
}

function speedOf(pace: string, text: string): number | null {
  const speed = numberOf('speed', text, 0.001, 1_000_000)
  if (pace === 'timed') return speed
  if (pace === 'polls') return null
  throw new Error(`--pace ${pace}: use timed or polls.`)
}

/** Reads the command line; null where help is wanted. Throws with a sentence that says what to change. */
export function commandOptions(args: readonly string[]): CommandOptions | null {
  const { values } = parseArgs({
    args: [...args],
    options: {
      dialect: { type: 'string', default: 'all' },
      port: { type: 'string', default: String(PORT_DEFAULT) },
      'files-port': { type: 'string' },
      host: { type: 'string', default: '127.0.0.1' },
      pace: { type: 'string', default: 'timed' },
      speed: { type: 'string', default: '1' },
      seed: { type: 'string', default: '1' },
      scenario: { type: 'string', default: '' },
      key: { type: 'string', multiple: true, default: [] },
      model: { type: 'string', multiple: true, default: [] },
      'callback-url': { type: 'string' },
      ledger: { type: 'string' },
      'forget-on-restart': { type: 'boolean', default: false },
      limits: { type: 'boolean', default: false },
      json: { type: 'boolean', default: false },
      'until-stdin-ends': { type: 'boolean', default: false },
      help: { type: 'boolean', short: 'h', default: false },
    },
  })
  if (values.help) return null
  const port = wholeOf('port', values.port, PORT_MAX)
  parseScript(values.scenario)
  return {
    dialects: dialectsOf(values.dialect),
    port,
    filesPort: wholeOf(
      'files-port',
      values['files-port'] ?? String(port === 0 ? 0 : port + FILES_OFFSET),
      PORT_MAX,
    ),
    host: values.host,
    ledgerPath: values.ledger ?? null,
    seed: wholeOf('seed', values.seed, 0xffff_ffff),
    speed: speedOf(values.pace, values.speed),
    scenario: values.scenario,
    keys: values.key,
    models: values.model,
    callbackUrl: values['callback-url'] ?? null,
    forgetOnRestart: values['forget-on-restart'],
    limits: values.limits,
    json: values.json,
    untilStdinEnds: values['until-stdin-ends'],
  }
}
