import { bodyWasRead, fetchReceiver, responseOf } from './fetch-receiver.ts'
import type { HandleOptions, Receiver } from './receiver.ts'

/** As much of Hono's context as is used. */
type HonoContext = {
  req: { raw: Request; arrayBuffer(): Promise<ArrayBuffer> }
}

/** For `app.post(path, honoReceiver(receiver))`. */
export function honoReceiver(
  receiver: Receiver,
  options: HandleOptions = {},
): (context: HonoContext) => Promise<Response> {
  const handle = fetchReceiver(receiver, options)
  return async ({ req }) => {
    if (!req.raw.bodyUsed) return handle(req.raw)
    // What a middleware parsed comes back re-serialised: good enough for a hint, not for a signature.
    if (receiver.requiresSignature) return responseOf(bodyWasRead())
    const { method, headers } = req.raw
    return responseOf(
      await receiver.handle({ method, headers, body: new Uint8Array(await req.arrayBuffer()) }, options),
    )
  }
}
