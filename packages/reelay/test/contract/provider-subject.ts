import type { TestContext } from 'node:test'
import { parseAllowHosts } from '../../src/net/allow-hosts.ts'
import { createGuard } from '../../src/net/guard.ts'
import { createGuardedClient, type GuardedClient } from '../../src/net/guarded-fetch.ts'
import type { CallbackReading, InputFile, Provider, StartRequest } from '../../src/providers/provider.ts'
import { TestClock } from '../../src/system/test-clock.ts'
import type { VideoRequest } from '../../src/task/request.ts'
import type { Operation, Output, StartOutcome, Verdict } from '../../src/task/verdict.ts'
import { freePort } from '../../../simulator/test/free-port.ts'
import { silence, startFaultServer } from './fault-server.ts'
import type { Behaviour, FaultServer, Reply, SeenRequest } from './fault-server.ts'

/** What the suite must be told of one adapter. */
export type ProviderSubject = {
  open(upstream: { baseUrl: string; guarded: GuardedClient; clock: TestClock }): Provider
  model: string
  /** Which requests are creates, for providers that are asked by POST too. Default: every POST. */
  isCreate?: (request: SeenRequest) => boolean
  /** A create's answer, and what `start` makes of it. */
  accepted: { reply: Reply; operation: Operation }
  /** Refusals in the provider's own words. */
  refusals: Readonly<Record<string, { reply: Reply; expected: StartOutcome }>>
  /** Answers to a look at `accepted.operation`. */
  verdicts: Readonly<Record<string, { reply: Reply; expected: Verdict }>>
  /** The running job of another id. */
  otherJob: Reply
  /** A link of an output at this base URL, and the content route. */
  outputs(baseUrl: string): Readonly<Record<string, Output>>
  /** Given exactly when the adapter's traits have `callbacks`. */
  callbacks?: CallbackSubject
}

export type CallbackSubject = {
  /**
   * The URL that a create registers, read where the provider reads it; undefined when it registers none. Absent where the
   * operator registers one for the whole account, and none is registered by a create.
   */
  registered?: (create: SeenRequest) => unknown
  /** The operator may register a URL for the whole account. */
  isAccountWide?: boolean
  /** Bodies of callbacks, and what is made of them. */
  readings: Readonly<Record<string, { body: object; expected: CallbackReading }>>
}

/** The reading of a callback that nobody signs. */
export const unsigned = (
  hint: CallbackReading['hint'],
  operation: Operation | null = null,
): CallbackReading => ({ verdict: 'unsigned', operation, hint })

/** For providers that read it in the body's `callback_url`. */
export const callbackField = ({ body }: SeenRequest): unknown => JSON.parse(body).callback_url

export type Opened = { provider: Provider; upstream: FaultServer; clock: TestClock }

type OpenOptions = { allow?: string; port?: number }

/** The provider before a server of its own; both end with the test. */
export async function openSubject(
  context: TestContext,
  subject: ProviderSubject,
  behave: Behaviour,
  { allow = '', port = 0 }: OpenOptions = {},
): Promise<Opened> {
  const upstream = await startFaultServer(behave, port)
  const clock = new TestClock()
  const guard = createGuard({ allow: parseAllowHosts(allow) })
  const guarded = createGuardedClient({ guard, clock })
  const provider = subject.open({ baseUrl: upstream.baseUrl, guarded, clock })
  context.after(async () => {
    await provider.stop?.()
    await upstream.close()
  })
  return { provider, upstream, clock }
}

/** The same where nobody listens any more. */
export async function openAway(context: TestContext, subject: ProviderSubject): Promise<Opened> {
  const opened = await openSubject(context, subject, silence, { port: await freePort() })
  await opened.upstream.close()
  return opened
}

export const plainRequest = (model: string): VideoRequest => ({
  model,
  prompt: 'a red ball rolls over a table',
  seconds: null,
  size: null,
  resolution: null,
  aspectRatio: null,
  negativePrompt: null,
  seed: null,
  generateAudio: null,
  inputs: [],
  providerOptions: {},
})

export function inputFile(role: InputFile['role'], content: string): InputFile {
  const bytes = new TextEncoder().encode(content)
  return {
    role,
    mime: 'image/png',
    bytes: bytes.byteLength,
    filename: `${role}.png`,
    read: async () => bytes,
    publicUrl: () => `https://gateway.example/v1/inputs/${role}?sig=1`,
  }
}

export const startRequest = (model: string, given: Partial<StartRequest> = {}): StartRequest => ({
  request: plainRequest(model),
  model,
  inputs: [],
  clientToken: 'token_1',
  callbackUrl: null,
  mayStillSend: () => true,
  signal: new AbortController().signal,
  ...given,
})
