import { createClient, ReelayError } from '@reelay/sdk'
import { SILENT_MS } from '../engine/heartbeat.ts'
import { listOf, numberOf, recordOf, textOf, type JsonRecord } from '../system/json.ts'
import { CliError } from './cli-error.ts'
import { findConnection, gatewayUrl, type Connection } from './connection.ts'
import { EXIT_CODE, type ExitCode } from './exit-code.ts'
import { getJson } from './gateway-json.ts'
import { writeJson, writeLine, type GlobalOptions, type Io } from './io.ts'
import { exitCodeOf } from './report-error.ts'
import { styleOf } from './style.ts'
import { oneLine } from './text.ts'

type Check = { name: string; ok: boolean; detail: string; exitCode: ExitCode }

/** `reelay doctor`: what stands between this command line and a video, one line per check. */
export async function run(options: GlobalOptions, io: Io): Promise<ExitCode> {
  const checks = await examine(options, io)
  const fault = checks.find((check) => !check.ok)
  if (options.json === true) {
    const data = checks.map(({ name, ok, detail }) => ({ name, ok, detail }))
    writeJson(io, { ok: fault === undefined, checks: data })
  } else {
    const style = styleOf(io.stdout, io.env)
    const width = Math.max(...checks.map(({ name }) => name.length))
    for (const { name, ok, detail } of checks) {
      const verdict = ok ? style.green('ok    ') : style.red('failed')
      writeLine(io.stdout, `${verdict}  ${name.padEnd(width)}  ${oneLine(detail)}`)
    }
  }
  return fault?.exitCode ?? EXIT_CODE.ok
}

/** In this order; nothing more is asked of a gateway that does not answer or refuses the key. */
async function examine(options: GlobalOptions, io: Io): Promise<Check[]> {
  const node = good('node', process.version)
  const url = gatewayUrl(options, io.env)
  const alive = await attempt('gateway', async () => {
    const { status, body } = await getJson(io, url, '/healthz')
    if (status !== 200) throw unexpected(`${url} answers ${status} to /healthz: is it a Reelay gateway?`)
    const version = textOf(body['version'])
    return version === null ? `answers at ${url}` : `version ${version} answers at ${url}`
  })
  if (!alive.ok) return [node, alive]
  const ready = await attempt('ready', async () => {
    const { status, body } = await getJson(io, url, '/readyz')
    const detail = textOf(body['status']) ?? textOf(body['detail'])
    if (status !== 200) throw unexpected(`/readyz answers ${status}${detail === null ? '' : `: ${detail}`}`)
    return detail ?? 'takes requests'
  })
  let connection: Connection | null = null
  const key = await attempt('key', async () => {
    connection = await findConnection(options, io)
    return `from ${connection.apiKeySource}`
  })
  if (connection === null) return [node, alive, ready, key]
  return [node, alive, ready, key, ...(await lookInside(connection, io)), await countModels(connection, io)]
}

/** What only administrators are told of. */
async function lookInside({ url, apiKey }: Connection, io: Io): Promise<Check[]> {
  const detail = attemptOnce(async () => recordOf((await getJson(io, url, '/readyz', apiKey)).body['detail']))
  return [
    await attempt('storage', async () => {
      const verdict = textOf((await detail())['storage'])
      if (verdict === null) return NOT_TOLD
      if (verdict !== 'ok') throw unexpected(verdict)
      return 'files can be written, read and removed'
    }),
    await attempt('schema', async () => {
      const schema = recordOf((await detail())['schema'])
      const newest = textOf(schema['newest'])
      if (newest === null) return NOT_TOLD
      const newer = listOf(schema['newer']).flatMap((name) => textOf(name) ?? [])
      return newer.length === 0 ? newest : `${newest}, and of a newer version ${newer.join(', ')}`
    }),
    await attempt('processes', async () => {
      const processes = listOf((await detail())['processes']).map(recordOf)
      if (processes.length === 0) return NOT_TOLD
      const silent = processes.filter((process) => isSilent(process, io.clock.nowMs()))
      if (silent.length > 0) throw unexpected(`not heard of for a while: ${silent.map(nameOf).join(', ')}`)
      return processes.map(nameOf).join(', ')
    }),
    await attempt('media', async () => {
      const { media, accounts } = await detail()
      const verdict = textOf(media)
      if (verdict === null) return NOT_TOLD
      if (verdict === 'ok') return 'previews and posters are made'
      const off = `previews and posters are off: ${verdict}`
      // Where nothing but previews is configured, no video can be made at all.
      if (listOf(accounts).every((account) => textOf(recordOf(account)['account']) === 'local'))
        throw unexpected(off)
      return off
    }),
  ]
}

const NOT_TOLD = 'not told to this key'

const nameOf = (process: JsonRecord): string =>
  `${textOf(process['host']) ?? 'unknown'} (${textOf(process['role']) ?? 'all'}, ${textOf(process['version']) ?? ''})`

/** By its own database's clock, from which this machine's may differ a little. */
const isSilent = (process: JsonRecord, nowMs: number): boolean =>
  nowMs - (numberOf(process['seen_at']) ?? 0) * 1_000 > SILENT_MS * 2

/** Asks when it is needed first, and no second time. */
function attemptOnce<T>(ask: () => Promise<T>): () => Promise<T> {
  let asked: Promise<T> | undefined
  return () => (asked ??= ask())
}

function countModels({ url, apiKey }: Connection, io: Io): Promise<Check> {
  return attempt('models', async () => {
    const client = createClient({ baseURL: url, apiKey, fetch: io.fetch, clock: io.clock, maxRetries: 0 })
    const models = await client.models.list()
    if (models.length === 0) throw unexpected('the key is accepted, and no model can be reached')
    const providers = new Set(models.map((model) => model.owned_by))
    return `the key is accepted; ${models.length === 1 ? '1 model' : `${models.length} models`} of ${[...providers].join(', ')}`
  })
}

const good = (name: string, detail: string): Check => ({ name, ok: true, detail, exitCode: EXIT_CODE.ok })

const unexpected = (message: string): CliError => new CliError(EXIT_CODE.unexpected, 'check_failed', message)

async function attempt(name: string, check: () => Promise<string>): Promise<Check> {
  try {
    return good(name, await check())
  } catch (error) {
    if (error instanceof CliError) {
      const detail = error.hint === null ? error.message : `${error.message}; ${error.hint}`
      return { name, ok: false, detail, exitCode: error.exitCode }
    }
    if (!(error instanceof ReelayError)) throw error
    const hint = error.code === 'connection_failed' ? ': start it with: reelay serve' : ''
    return { name, ok: false, detail: error.message + hint, exitCode: exitCodeOf(error.code) }
  }
}
