import { refusal } from './answers.ts'
import { BODY_BYTES_MAX, type HandleOptions, type Receiver } from './receiver.ts'

export type FastifyReceiverOptions = HandleOptions & {
  /** `/` by default, below the `prefix` that the plugin is registered with. */
  path?: string | undefined
}

/** As much of Fastify as is used. */
type FastifyRequest = {
  method: string
  headers: Readonly<Record<string, string | string[] | undefined>>
  body: unknown
}
type FastifyReply = {
  code(status: number): FastifyReply
  headers(values: Record<string, string>): FastifyReply
  send(body: string): FastifyReply
}
type FastifyScope = {
  removeAllContentTypeParsers(): unknown
  addContentTypeParser(
    contentType: string,
    options: { parseAs: 'buffer'; bodyLimit: number },
    parser: (request: never, body: Buffer, done: (error: Error | null, body?: unknown) => void) => void,
  ): unknown
  post(
    path: string,
    handler: (request: FastifyRequest, reply: FastifyReply) => Promise<FastifyReply>,
  ): unknown
}

/**
 * A plugin with one POST route, for `app.register(fastifyReceiver(receiver), { prefix: '/webhooks' })`. Bodies
 * stay raw in its own scope only; the rest of the application keeps its parsers.
 */
export function fastifyReceiver(
  receiver: Receiver,
  options: FastifyReceiverOptions = {},
): (scope: FastifyScope) => Promise<void> {
  return async (scope) => {
    scope.removeAllContentTypeParsers()
    scope.addContentTypeParser(
      '*',
      { parseAs: 'buffer', bodyLimit: BODY_BYTES_MAX },
      (_request, body, done) => done(null, body),
    )
    scope.post(options.path ?? '/', async (request, reply) => {
      const { method, headers } = request
      const body = request.body ?? new Uint8Array()
      const response =
        body instanceof Uint8Array
          ? await receiver.handle({ method, headers, body }, options)
          : refusal(
              500,
              'body_already_read',
              'A hook replaced the body before the receiver: exclude this route',
            )
      return reply
        .code(response.status)
        .headers({ ...response.headers })
        .send(response.body)
    })
  }
}
