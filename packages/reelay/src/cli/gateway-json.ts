import { ReelayApiError, ReelayConnectionError } from '@reelay/sdk'
import { recordOf, textOf, type JsonRecord } from '../system/json.ts'
import type { Io } from './io.ts'

export type GatewayAnswer = { status: number; body: JsonRecord }

const ANSWER_MS_MAX = 30_000

/**
 * Reads one of the gateway's own routes that the client library leaves to operators.
 * @param apiKey none for the open routes
 * @throws ReelayConnectionError when nothing answers
 */
export async function getJson(io: Io, url: string, path: string, apiKey?: string): Promise<GatewayAnswer> {
  const target = targetOf(url, path)
  const headers: Record<string, string> = { accept: 'application/json' }
  if (apiKey !== undefined) headers['authorization'] = `Bearer ${apiKey}`
  try {
    const signal = AbortSignal.timeout(ANSWER_MS_MAX)
    const response = await io.fetch(target, { headers, redirect: 'manual', signal })
    return { status: response.status, body: recordOf(parse(await response.text())) }
  } catch (cause) {
    throw new ReelayConnectionError(`No answer from ${target.host}`, { neverSent: true, cause })
  }
}

/**
 * The same for what changes something, once: nothing is sent again.
 * @throws ReelayConnectionError when nothing answers in that time
 */
export async function postJson(
  io: Io,
  { url, apiKey }: { url: string; apiKey: string },
  request: { path: string; body: object; answerMsMax: number },
): Promise<GatewayAnswer> {
  const target = targetOf(url, request.path)
  try {
    const response = await io.fetch(target, {
      method: 'POST',
      headers: {
        accept: 'application/json',
        'content-type': 'application/json',
        authorization: `Bearer ${apiKey}`,
      },
      body: JSON.stringify(request.body),
      redirect: 'manual',
      signal: AbortSignal.timeout(request.answerMsMax),
    })
    return { status: response.status, body: recordOf(parse(await response.text())) }
  } catch (cause) {
    throw new ReelayConnectionError(`No answer from ${target.host}`, { neverSent: false, cause })
  }
}

/** The error that an answer with another status than 2xx stands for. */
export function refusalOf({ status, body }: GatewayAnswer): ReelayApiError {
  const error = recordOf(body['error'])
  const message = textOf(error['message']) ?? 'the answer does not say why'
  const code =
    status === 401
      ? 'unauthorized'
      : status === 403
        ? 'forbidden'
        : status === 404
          ? 'not_found'
          : status < 400
            ? 'unexpected_answer'
            : status < 500
              ? 'bad_request'
              : 'server_error'
  return new ReelayApiError(code, `HTTP ${status}: ${message}`, {
    status,
    type: textOf(error['type']),
    param: textOf(error['param']),
    serverCode: textOf(error['code']),
  })
}

const targetOf = (url: string, path: string): URL =>
  new URL(url.replace(/\/+$/, '').replace(/\/v1$/, '') + path)

function parse(text: string): unknown {
  try {
    return JSON.parse(text) as unknown
  } catch {
    return undefined
  }
}
