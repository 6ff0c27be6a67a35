import { numberOf, recordOf, textOf, type JsonRecord } from '../system/json.ts'
import { findConnection } from './connection.ts'
import { formatDuration } from './duration.ts'
import { EXIT_CODE, type ExitCode } from './exit-code.ts'
import { getJson, refusalOf } from './gateway-json.ts'
import { writeJson, type GlobalOptions, type Io } from './io.ts'
import { printTable } from './print-table.ts'
import { styleOf } from './style.ts'

/** `reelay providers`: which accounts are configured, how they fare, and a dry check of each. */
export async function run(options: GlobalOptions, io: Io): Promise<ExitCode> {
  const { url, apiKey } = await findConnection(options, io)
  const answer = await getJson(io, url, '/v1/providers', apiKey)
  const data: unknown = answer.body['data']
  if (answer.status !== 200 || !Array.isArray(data)) throw refusalOf(answer)
  const accounts: readonly unknown[] = data
  if (options.json === true) {
    writeJson(io, { object: 'list', data: accounts })
    return EXIT_CODE.ok
  }
  const style = styleOf(io.stdout, io.env)
  const nowMs = io.clock.nowMs()
  printTable(io, {
    columns: [
      { title: 'PROVIDER' },
      { title: 'ACCOUNT' },
      { title: 'STATE', paint: (aligned, cell) => (cell === 'ready' ? style.green : style.yellow)(aligned) },
      { title: 'IN FLIGHT', align: 'right' },
      { title: 'CHECK', shrinks: true },
    ],
    rows: accounts.map((account) => rowOf(recordOf(account), nowMs)),
    empty: 'no providers',
  })
  return EXIT_CODE.ok
}

function rowOf(account: JsonRecord, nowMs: number): readonly string[] {
  const check = recordOf(account['check'])
  const detail = textOf(check['detail'])
  const verdict = check['ok'] === true ? 'ok' : check['ok'] === false ? 'failed' : 'not checked'
  return [
    textOf(account['provider']) ?? '',
    textOf(account['account']) ?? '',
    stateOf(account, nowMs),
    String(numberOf(account['in_flight']) ?? 0),
    detail === null ? verdict : `${verdict}: ${detail}`,
  ]
}

function stateOf(account: JsonRecord, nowMs: number): string {
  if (account['configured'] !== true) return 'not configured'
  const pausedUntilSeconds = numberOf(account['paused_until'])
  const leftMs = pausedUntilSeconds === null ? 0 : pausedUntilSeconds * 1000 - nowMs
  return leftMs > 0 ? `paused for ${formatDuration(leftMs)}` : 'ready'
}
