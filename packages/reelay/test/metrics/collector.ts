import { once } from 'node:events'
import { createServer, type IncomingHttpHeaders, type IncomingMessage, type ServerResponse } from 'node:http'
import { buffer } from 'node:stream/consumers'
import { z } from 'zod'

type Attributes = Record<string, string | number | boolean | undefined>

const value = z.object({
  stringValue: z.string().optional(),
  intValue: z.union([z.number(), z.string()]).optional(),
  doubleValue: z.number().optional(),
  boolValue: z.boolean().optional(),
})
const attributes: z.ZodType<Attributes> = z
  .array(z.object({ key: z.string(), value }))
  .default([])
  .transform((pairs) =>
    Object.fromEntries(
      pairs.map(({ key, value: { stringValue, intValue, doubleValue, boolValue } }) => [
        key,
        stringValue ?? (intValue === undefined ? (doubleValue ?? boolValue) : Number(intValue)),
      ]),
    ),
  )
type Span = {
  traceId: string
  spanId: string
  parentSpanId?: string | undefined
  name: string
  kind: number
  startTimeUnixNano: string
  endTimeUnixNano: string
  attributes: Attributes
  links: { traceId: string; spanId: string }[]
  status: { code: number; message?: string | undefined }
}

const span: z.ZodType<Span> = z.object({
  traceId: z.string().regex(/^[0-9a-f]{32}$/),
  spanId: z.string().regex(/^[0-9a-f]{16}$/),
  parentSpanId: z.string().optional(),
  name: z.string(),
  kind: z.int(),
  startTimeUnixNano: z.string(),
  endTimeUnixNano: z.string(),
  attributes,
  links: z.array(z.object({ traceId: z.string(), spanId: z.string() })).default([]),
  status: z.object({ code: z.int().default(0), message: z.string().optional() }),
})
const request = z.object({
  resourceSpans: z.array(
    z.object({
      resource: z.object({ attributes }),
      scopeSpans: z.array(z.object({ scope: z.object({ name: z.string() }), spans: z.array(span) })),
    }),
  ),
})

export type CollectedSpan = Span & { resource: Attributes }

/** Takes traces as an OpenTelemetry collector does, and reads them as OTLP's JSON has them. */
export class Collector {
  readonly spans: CollectedSpan[] = []
  readonly headers: IncomingHttpHeaders[] = []
  readonly paths: string[] = []
  readonly url: string
  readonly #server: ReturnType<typeof createServer>

  private constructor(server: ReturnType<typeof createServer>, port: number, status: number) {
    this.#server = server
    this.url = `http://127.0.0.1:${port}`
    server.on('request', (incoming, response) => void this.#take(incoming, response, status))
  }

  static async open(status = 200): Promise<Collector> {
    const server = createServer().listen(0, '127.0.0.1')
    await once(server, 'listening')
    const address = server.address()
    if (address === null || typeof address === 'string') throw new Error('not listening on a port')
    return new Collector(server, address.port, status)
  }

  async #take(incoming: IncomingMessage, response: ServerResponse, status: number): Promise<void> {
    const body = await buffer(incoming)
    this.paths.push(incoming.url ?? '')
    this.headers.push(incoming.headers)
    this.#keep(body)
    response.writeHead(status, { 'content-type': 'application/json' }).end('{}')
  }

  #keep(body: Buffer): void {
    for (const { resource, scopeSpans } of request.parse(JSON.parse(body.toString('utf8'))).resourceSpans)
      for (const { spans } of scopeSpans)
        this.spans.push(...spans.map((one) => ({ ...one, resource: resource.attributes })))
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#server.closeAllConnections()
    this.#server.close()
    await once(this.#server, 'close')
  }
}
