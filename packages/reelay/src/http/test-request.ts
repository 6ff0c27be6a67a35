import type { ErrorEnvelope } from '@reelay/sdk'
import { z } from 'zod'
import type { TestApp } from './test-deps.ts'

export type Sent = {
  status: number
  headers: Headers
  /** The JSON object; empty when the answer is none. */
  body: Record<string, unknown>
  bytes: Uint8Array
}

export type SendOptions = {
  key?: string
  /** A plain object or array is sent as JSON. */
  body?: unknown
  headers?: Record<string, string>
  env?: Parameters<TestApp['app']['fetch']>[1]
  signal?: AbortSignal
}

function encoded(body: unknown): { content: NonNullable<RequestInit['body']>; type?: string } {
  if (body instanceof FormData || body instanceof URLSearchParams || body instanceof ReadableStream) {
    return { content: body }
  }
  if (typeof body === 'string') return { content: body }
  return { content: JSON.stringify(body), type: 'application/json' }
}

/** One request to the app, without a socket. */
export async function send(
  api: TestApp,
  method: string,
  path: string,
  options: SendOptions = {},
): Promise<Sent> {
  const headers = new Headers()
  if (options.key !== undefined) headers.set('authorization', `Bearer ${options.key}`)
  const init: RequestInit & { duplex?: 'half' } = { method, headers, duplex: 'half' }
  if (options.signal !== undefined) init.signal = options.signal
  if (options.body !== undefined) {
    const { content, type } = encoded(options.body)
    init.body = content
    if (type !== undefined) headers.set('content-type', type)
  }
  for (const [name, value] of Object.entries(options.headers ?? {})) headers.set(name, value)
  const response = await api.app.fetch(new Request(`http://127.0.0.1${path}`, init), options.env)
  const bytes = new Uint8Array(await response.arrayBuffer())
  return { status: response.status, headers: response.headers, body: objectOf(bytes), bytes }
}

const anyObject = z.record(z.string(), z.unknown())

const envelope: z.ZodType<ErrorEnvelope> = z.object({
  error: z.object({
    message: z.string(),
    type: z.string(),
    param: z.string().nullable(),
    code: z.string().nullable(),
  }),
})

function objectOf(bytes: Uint8Array): Record<string, unknown> {
  try {
    return anyObject.parse(JSON.parse(new TextDecoder().decode(bytes)))
  } catch {
    return {}
  }
}

export const errorOf = (sent: Sent): ErrorEnvelope['error'] => envelope.parse(sent.body).error
