import { ApiError } from './api-error.ts'
import type { Exchange } from './exchange.ts'
import { readBytes, SMALL_BODY_PACE } from './read-body.ts'
import { addresseeOf, CALLBACK_BYTES_MAX, headersOfAnswer, takeCallback } from './take-callback.ts'

/**
 * `POST /hooks/{provider}/{token}`: a provider says that something happened. Most take a shorter way (quick-callback.ts); here
 * is what that leaves, every error included.
 */
export async function receiveCallback({ shared, request, context }: Exchange): Promise<Response> {
  const address = { provider: context.req.param('provider') ?? '', token: context.req.param('token') ?? '' }
  const addressee = await addresseeOf(shared, address)
  // As for any address that is none, before anything of the body is read.
  if (addressee === undefined)
    throw new ApiError('unknown_url', 'There is nothing here. See /docs for the routes.')
  const bounds = { bytesMax: CALLBACK_BYTES_MAX, pace: SMALL_BODY_PACE, encoded: 'as_it_is' } as const
  const body = Buffer.from(await readBytes(request, shared.clock, bounds))
  const answer = await takeCallback(shared, addressee, {
    address,
    url: request.url,
    headers: request.headers,
    body,
  })
  return new Response(answer.text, { headers: headersOfAnswer(answer) })
}
