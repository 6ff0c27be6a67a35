import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import { systemClock, type Clock } from '../../src/system/clock.ts'
import { systemIds, type Ids } from '../../src/system/ids.ts'
import { emptyAnswer, jsonAnswer } from './answer.ts'
import { runCommand, type Controls } from './control.ts'
import { DIALECTS, type DialectName } from './dialects/dialects.ts'
import { FaultOrders } from './fault-orders.ts'
import { Gates } from './gates.ts'
import { nullLedger, openLedger, readLedgerRecords, type LedgerEntry } from './ledger.ts'
import { RequestLog, type RequestRecord } from './request-log.ts'
import { routeOf, type Route } from './route.ts'
import { parseScript } from './script.ts'
import { send, type SendOptions } from './send.ts'
import { Service, type Outcome } from './service.ts'
import { readBody } from './submission.ts'
import { Tasks } from './tasks.ts'

export interface UpstreamOptions {
  readonly dialect?: DialectName
  /** 0, the default, picks a free one. Always on 127.0.0.1. */
  readonly port?: number
  /** The ledger's file; without one nothing outlives the process. Tasks found in it live on. */
  readonly ledgerPath?: string
  /** Markers for every task, as in a prompt; those in a prompt win. */
  readonly scenario?: string
  /** Bearer keys that are accepted; any when empty. */
  readonly keys?: readonly string[]
  /** Models that are accepted; any when empty. */
  readonly models?: readonly string[]
  /** Tasks die with the process although the ledger remembers their creation. */
  readonly forgetOnRestart?: boolean
  /** Pause between two of the 40 pieces of a `slow` answer, milliseconds. */
  readonly dripMs?: number
  readonly clock?: Clock
  readonly ids?: Ids
}

export interface Upstream extends Controls {
  readonly port: number
  /** `http://127.0.0.1:port`, what a provider's base URL is set to. */
  readonly url: string
  /** Every POST that could be billed, those before a restart included. */
  readonly ledger: readonly LedgerEntry[]
  /** Resolves with the `count`-th (default 1) matching request, past ones included, once it is there. */
  untilRequest(match: (request: RequestRecord) => boolean, count?: number): Promise<RequestRecord>
  /** Ends every connection and frees the port. */
  close(): Promise<void>
}

function listen(server: Server, port: number): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once('error', reject)
    server.listen(port, '127.0.0.1', () => {
      server.off('error', reject)
      const address = server.address()
      resolve(typeof address === 'object' && address !== null ? address.port : port)
    })
  })
}

function stopListening(server: Server): Promise<void> {
  return new Promise((resolve) => {
    server.close(() => resolve())
    server.closeAllConnections()
  })
}

/** Everything behind the port: who decides, who remembers, who sends. */
interface Parts {
  readonly service: Service
  readonly log: RequestLog
  readonly clock: Clock
  readonly sending: SendOptions
  readonly dialect: DialectName
  controls(): Controls
}

async function control(parts: Parts, response: ServerResponse, body: string): Promise<void> {
  let answer = emptyAnswer(204)
  try {
    const result = await runCommand(parts.controls(), body)
    if (result !== undefined) answer = jsonAnswer(200, result)
  } catch (error) {
    answer = jsonAnswer(400, { error: error instanceof Error ? error.message : String(error) })
  }
  response.writeHead(answer.status, answer.headers)
  response.end(answer.body)
}

async function serve(
  parts: Parts,
  route: Route,
  url: URL,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const record: RequestRecord = {
    at: parts.clock.nowMs(),
    method: request.method ?? '',
    url: request.url ?? '',
    headers: request.headers,
    id: route.id === '' ? null : route.id,
    status: null,
    fault: null,
  }
  parts.log.add(record)
  const body = await readBody(request)
  const outcome: Outcome = await parts.service.handle(route, { url, headers: request.headers, body })
  record.id ??= outcome.task?.id ?? null
  record.fault = outcome.fault?.name ?? null
  const dialect = DIALECTS[parts.dialect]
  await send(response, outcome.fault, { dialect, url: url.pathname + url.search, ...outcome }, parts.sending)
  record.status = response.headersSent ? response.statusCode : null
  parts.log.tell()
}

async function handle(parts: Parts, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const url = new URL(request.url ?? '/', 'http://127.0.0.1')
  const route = routeOf(request.method ?? '', url.pathname)
  try {
    if (route.name === 'control')
      return await control(parts, response, (await readBody(request)).toString('utf8'))
    await serve(parts, route, url, request, response)
  } catch (error) {
    // A client that left in the middle is no news; anything else must show in the test that caused it.
    if (request.destroyed && !request.complete) return
    if (!response.headersSent) response.writeHead(500, { 'content-type': 'text/plain' })
    response.end(
      `The test upstream itself failed: ${error instanceof Error ? (error.stack ?? '') : String(error)}`,
    )
  }
}

/** Starts a provider look-alike on 127.0.0.1. Rejects when the port is taken or a marker is unknown. */
export async function startUpstream(options: UpstreamOptions = {}): Promise<Upstream> {
  const { dialect = 'comet', scenario = '', ledgerPath, clock = systemClock, ids = systemIds } = options
  parseScript(scenario)
  const records = ledgerPath === undefined ? [] : readLedgerRecords(ledgerPath)
  const ledger = ledgerPath === undefined ? nullLedger : openLedger(ledgerPath)
  const forgetOnRestart = options.forgetOnRestart ?? false
  const tasks = new Tasks({ clock, ledger, records, scenario, forgetOnRestart })
  const orders = new FaultOrders()
  const gates = new Gates()
  const log = new RequestLog()
  const ending = new AbortController()
  const origin = (): string => `http://127.0.0.1:${port}`
  const service = new Service({
    dialect: DIALECTS[dialect],
    tasks,
    orders,
    gates,
    clock,
    ids,
    keys: options.keys ?? [],
    models: options.models ?? [],
    scenario,
    origin,
  })
  const sending: SendOptions = { clock, dripMs: options.dripMs ?? 50, signal: ending.signal }
  const parts: Parts = { service, log, clock, sending, dialect, controls: () => upstream }
  const server = createServer((request, response) => void handle(parts, request, response))
  const port = await listen(server, options.port ?? 0)
  let isListening = true

  const upstream: Upstream = {
    port,
    url: origin(),
    requests: log.requests,
    ledger: tasks.entries,
    fault: (order) => orders.add(order),
    outage: async (kind) => {
      orders.outage = kind === 'refuse' ? null : kind
      if (kind === 'refuse' && isListening) await stopListening(server)
      if (kind !== 'refuse' && !isListening) await listen(server, port)
      isListening = kind !== 'refuse'
    },
    hold: (point) => gates.hold(point),
    release: (point) => gates.release(point),
    rescript: (id, markers) => tasks.rescript(id, markers),
    forget: (id) => tasks.remove(id),
    untilRequest: (match, count = 1) => log.until(match, count),
    close: async () => {
      ending.abort()
      if (isListening) await stopListening(server)
      isListening = false
      gates.releaseAll()
      ledger.close()
    },
  }
  return upstream
}
