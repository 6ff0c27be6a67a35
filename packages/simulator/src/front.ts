import type { IncomingMessage, ServerResponse } from 'node:http'
import { emptyAnswer, jsonAnswer, type Answer } from './answer.ts'
import type { Clock } from './clock.ts'
import { runCommand, type Controls } from './control.ts'
import type { Dialect } from './dialect.ts'
import { LINK_PATH } from './links.ts'
import { barePath, matchRoute, paramsOf } from './match-route.ts'
import { plainOutcome, type Outcome } from './outcome.ts'
import { decodeBody, headerOf, readBody, type SimulatorRequest } from './request.ts'
import { bearsCredential, type RequestRecord } from './request-record.ts'
import { send, type SendOptions } from './send.ts'
import type { Service } from './service.ts'
import type { FaultPoint } from './fault.ts'
import type { WatchedLog } from './watched-log.ts'

/** The route by which a test outside the process steers the simulator. */
export const CONTROL_PATH = '/__control'

export interface FrontOptions {
  readonly dialect: Dialect
  readonly service: Service
  readonly log: WatchedLog<RequestRecord>
  readonly leaks: RequestRecord[]
  readonly clock: Clock
  readonly sending: SendOptions
  controls(): Controls
  /** What a GET of the control route tells. */
  status(): object
}

const LEAKS_MAX = 1_000

type Port = RequestRecord['port']

interface Found {
  readonly point: FaultPoint | null
  readonly params: Readonly<Record<string, string>>
  handle(request: SimulatorRequest): Promise<Outcome>
}

function labelOf(request: IncomingMessage, { ignoresLabels }: Dialect): string {
  const label = headerOf(request, 'content-type')
  return ignoresLabels === true && !label.startsWith('multipart/') ? 'application/json' : label
}

/** Reads what arrives at either port, lets the service decide, and writes the answer. */
export class Front {
  readonly #options: FrontOptions

  constructor(options: FrontOptions) {
    this.#options = options
  }

  async handle(port: Port, request: IncomingMessage, response: ServerResponse): Promise<void> {
    const url = new URL(request.url ?? '/', 'http://127.0.0.1')
    try {
      if (port === 'api' && url.pathname === CONTROL_PATH) return await this.#control(request, response)
      await this.#serve(port, url, request, response)
    } catch (error) {
      // A client that left in the middle is no news; anything else must show in the test that caused it.
      if (request.destroyed && !request.complete) return
      if (!response.headersSent) response.writeHead(500, { 'content-type': 'text/plain' })
      const why = error instanceof Error ? (error.stack ?? '') : String(error)
      response.end(`The simulator itself failed: ${why}`)
    }
  }

  async #control(request: IncomingMessage, response: ServerResponse): Promise<void> {
    let answer: Answer = emptyAnswer(204)
    try {
      const body = (await readBody(request)).toString('utf8')
      const result =
        request.method === 'GET' ? this.#options.status() : await runCommand(this.#options.controls(), body)
      if (result !== undefined) answer = jsonAnswer(200, result)
    } catch (error) {
      answer = jsonAnswer(400, { error: error instanceof Error ? error.message : String(error) })
    }
    response.writeHead(answer.status, answer.headers)
    response.end(answer.body)
  }

  /** Who answers a request. On the files' port there is nothing but files. */
  #find(port: Port, method: string, path: string): Found {
    const { dialect, service } = this.#options
    const link = method === 'GET' || method === 'HEAD' ? paramsOf(LINK_PATH, path) : null
    if (link !== null) return { point: 'link', params: link, handle: (request) => service.link(request) }
    const nothing = jsonAnswer(404, { message: 'There are only files here.' })
    if (port === 'files') return { point: null, params: {}, handle: async () => plainOutcome(nothing, null) }
    const match = matchRoute(dialect.routes, method, path)
    if (match === null)
      return { point: null, params: {}, handle: async (request) => service.unrouted(request) }
    const { route, params } = match
    return { point: route.kind, params, handle: (request) => service.handle(route, request) }
  }

  async #serve(port: Port, url: URL, request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { dialect, log, clock, sending } = this.#options
    const method = request.method ?? ''
    const path = barePath(url.pathname)
    const found = this.#find(port, method, path)
    const record: RequestRecord = {
      at: clock.nowMs(),
      port,
      method,
      url: request.url ?? '',
      headers: request.headers,
      point: found.point,
      id: found.params['id'] ?? null,
      status: null,
      fault: null,
    }
    log.add(record)
    this.#watchForLeak(record, url)
    const body = await readBody(request)
    const asked: SimulatorRequest = {
      method,
      path,
      query: url.searchParams,
      headers: request.headers,
      params: found.params,
      body,
      ...(await decodeBody(labelOf(request, dialect), body)),
    }
    const outcome = await found.handle(asked)
    record.id = outcome.task?.id ?? record.id
    record.fault = outcome.fault?.name ?? null
    const context = { dialect, url: url.pathname + url.search, nowMs: clock.nowMs(), ...outcome }
    await send(response, outcome.fault, context, sending)
    record.status = response.headersSent ? response.statusCode : null
    log.tell()
    outcome.after?.()
  }

  #watchForLeak(record: RequestRecord, url: URL): void {
    const { dialect, leaks } = this.#options
    if (record.port !== 'files' || dialect.results.needsKey || !bearsCredential(url, record.headers)) return
    leaks.push(record)
    if (leaks.length > LEAKS_MAX) leaks.shift()
  }
}
