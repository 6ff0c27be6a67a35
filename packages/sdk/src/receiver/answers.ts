import type { ReceiverResponse } from './receiver.ts'

const JSON_HEADERS = { 'content-type': 'application/json; charset=utf-8' } as const

/** So that the sender sees its callback as delivered. */
export const receivedAnswer = (): ReceiverResponse => ({
  status: 200,
  headers: JSON_HEADERS,
  body: '{"received":true}',
})

export const refusal = (
  status: number,
  code: string,
  message: string,
  headers: Readonly<Record<string, string>> = {},
): ReceiverResponse => ({
  status,
  headers: { ...JSON_HEADERS, ...headers },
  body: JSON.stringify({ error: { code, message } }),
})

export const tooLarge = (bytesMax: number): ReceiverResponse =>
  refusal(413, 'too_large', `The body is over ${bytesMax} bytes`, { connection: 'close' })

/** The sender is to try again later. */
export const unavailable = (message: string): ReceiverResponse =>
  refusal(503, 'unavailable', message, { 'retry-after': '10' })
