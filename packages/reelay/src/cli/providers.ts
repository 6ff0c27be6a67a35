import { numberOf, recordOf, textOf, type JsonRecord } from '../system/json.ts'
import { findConnection } from './connection.ts'
import { formatDuration } from './duration.ts'
import { EXIT_CODE, type ExitCode } from './exit-code.ts'
import { getJson, refusalOf } from './gateway-json.ts'
import { writeJson, writeLine, type GlobalOptions, type Io } from './io.ts'
import { printTable } from './print-table.ts'
import { styleOf } from './style.ts'
import { oneLine } from './text.ts'

export type ProvidersOptions = GlobalOptions & { check?: boolean }

/**
 * `reelay providers`: which accounts are configured, the preferred first, how they fare, and a dry check of each. With
 * `--check` the exit code says whether all of them work.
 */
export async function run(options: ProvidersOptions, io: Io): Promise<ExitCode> {
  const { url, apiKey } = await findConnection(options, io)
  const answer = await getJson(io, url, '/v1/providers', apiKey)
  const data: unknown = answer.body['data']
  if (answer.status !== 200 || !Array.isArray(data)) throw refusalOf(answer)
  const accounts = data.map(recordOf)
  const callbackBase = textOf(answer.body['callback_base'])
  if (options.json === true) writeJson(io, { object: 'list', callback_base: callbackBase, data: accounts })
  else show(accounts, callbackBase, io)
  const failed = accounts.filter(({ check }) => recordOf(check)['ok'] === false)
  return options.check === true && failed.length > 0 ? EXIT_CODE.unexpected : EXIT_CODE.ok
}

function show(accounts: readonly JsonRecord[], callbackBase: string | null, io: Io): void {
  const style = styleOf(io.stdout, io.env)
  const nowMs = io.clock.nowMs()
  printTable(io, {
    columns: [
      { title: 'PROVIDER' },
      { title: 'ACCOUNT' },
      {
        title: 'STATE',
        shrinks: true,
        paint: (aligned, cell) => (cell === 'ready' ? style.green : style.yellow)(aligned),
      },
      { title: 'IN FLIGHT', align: 'right' },
      { title: 'CALLS BACK' },
      { title: 'CHECK', shrinks: true },
    ],
    rows: accounts.map((account) => rowOf(account, nowMs)),
    empty: 'no providers',
  })
  const remark =
    callbackBase === null
      ? 'no provider is given an address to call back: REELAY_PUBLIC_URL of the gateway is no HTTPS address'
      : `addresses to call back begin with ${callbackBase}`
  const { dim } = styleOf(io.stderr, io.env)
  writeLine(io.stderr, dim(oneLine(remark)))
  for (const { account, callback_url: url } of accounts) {
    const address = textOf(url)
    if (address === null) continue
    // Whoever knows it can make the gateway look at jobs: it is for the provider's console, and shown to administrators.
    writeLine(io.stderr, dim(oneLine(`to register for all jobs of ${textOf(account) ?? ''}: ${address}`)))
  }
}

function rowOf(account: JsonRecord, nowMs: number): readonly string[] {
  const check = recordOf(account['check'])
  const detail = textOf(check['detail'])
  const verdict = check['ok'] === true ? 'ok' : check['ok'] === false ? 'failed' : 'not checked'
  const inFlight = String(numberOf(account['in_flight']) ?? 0)
  const inFlightMax = numberOf(account['in_flight_max'])
  return [
    textOf(account['provider']) ?? '',
    textOf(account['account']) ?? '',
    stateOf(account, nowMs),
    inFlightMax === null ? inFlight : `${inFlight}/${inFlightMax}`,
    account['callbacks'] === true ? 'yes' : textOf(account['callback_url']) === null ? 'no' : 'if registered',
    detail === null ? verdict : `${verdict}: ${detail}`,
  ]
}

function stateOf(account: JsonRecord, nowMs: number): string {
  if (account['configured'] !== true) return 'not configured'
  const pausedUntilSeconds = numberOf(account['paused_until'])
  const leftMs = pausedUntilSeconds === null ? 0 : pausedUntilSeconds * 1000 - nowMs
  if (leftMs <= 0) return 'ready'
  const reason = textOf(account['pause_reason'])
  return `paused for ${formatDuration(leftMs)}${reason === null ? '' : `: ${reason}`}`
}
