import { fetchReceiver } from './fetch-receiver.ts'
import type { Receiver } from './receiver.ts'

export type NextReceiverOptions = {
  /**
   * `after` of `next/server`: keeps the function alive until the work that follows the answer is done. Without
   * it, a serverless platform may stop the function as soon as it has answered; `resume()` then goes on.
   */
  after?: ((work: Promise<void>) => void) | undefined
}

/** For a route handler: `export const POST = nextReceiver(receiver, { after })`. */
export function nextReceiver(
  receiver: Receiver,
  { after }: NextReceiverOptions = {},
): (request: Request) => Promise<Response> {
  const handle = fetchReceiver(receiver, after === undefined ? {} : { waitUntil: after })
  // The second argument that Next passes holds route parameters.
  return (request) => handle(request)
}
