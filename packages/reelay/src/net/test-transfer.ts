import assert from 'node:assert/strict'
import type { RequestListener } from 'node:http'
import type { TestContext } from 'node:test'
import { systemClock, type Clock } from '../system/clock.ts'
import { parseAllowHosts } from './allow-hosts.ts'
import { GuardRefused } from './guard-refused.ts'
import { createGuard, type GuardOptions } from './guard.ts'
import type { Lookup } from './lookup-all.ts'
import { createGuardedClient, type GuardedRequest, type GuardedResponse } from './guarded-fetch.ts'
import { startRawServer, startServer, type TestServer } from './test-server.ts'
import { TransferFailed } from './transfer-failed.ts'

export const loopback: Lookup = async () => ['127.0.0.1']

export type Setup = Partial<GuardOptions> & { clock?: Clock }

/** Opens with a guard that knows `a.test` and `b.test` as the operator's own hosts, both on loopback. */
export function open(
  request: Partial<GuardedRequest> & { url: string },
  setup: Setup = {},
): Promise<GuardedResponse> {
  const { clock = systemClock, ...guardOptions } = setup
  const guard = createGuard({ allow: parseAllowHosts('a.test b.test'), lookup: loopback, ...guardOptions })
  const defaults = {
    trust: { from: 'user' },
    totalTimeoutMs: 60_000,
    redirectsMax: 0,
    bytesMax: 1_000_000,
  } as const
  return createGuardedClient({ guard, clock }).open({ ...defaults, ...request })
}

export async function bytesOf(response: GuardedResponse): Promise<Buffer> {
  const chunks: Uint8Array[] = []
  for await (const chunk of response.body) chunks.push(chunk)
  return Buffer.concat(chunks)
}

export async function failure(work: Promise<unknown>): Promise<TransferFailed> {
  const error: unknown = await work.then(
    () => assert.fail('The transfer should have failed.'),
    (reason: unknown) => reason,
  )
  assert.ok(error instanceof TransferFailed, String(error))
  return error
}

export async function refusal(work: Promise<unknown>): Promise<GuardRefused> {
  const error: unknown = await work.then(
    () => assert.fail('The request should have been refused.'),
    (reason: unknown) => reason,
  )
  assert.ok(error instanceof GuardRefused, String(error))
  return error
}

export async function serverFor(context: TestContext, answer: RequestListener): Promise<TestServer> {
  const server = await startServer(answer)
  context.after(() => server.close())
  return server
}

export async function rawServerFor(
  context: TestContext,
  text: string,
  ending: 'end' | 'reset' | 'stay',
): Promise<TestServer> {
  const server = await startRawServer(text, ending)
  context.after(() => server.close())
  return server
}

/** Answers `/<status>?to=<location>` with that redirect and everything else with `done`. */
export const redirector: RequestListener = (request, response) => {
  const url = new URL(request.url ?? '/', 'http://any.test')
  const location = url.searchParams.get('to')
  if (location === null) response.end('done')
  else response.writeHead(Number(url.pathname.slice(1)), { location }).end('moved')
}

export const redirect = (base: string, status: number, to: string): string =>
  `${base}/${status}?to=${encodeURIComponent(to)}`
