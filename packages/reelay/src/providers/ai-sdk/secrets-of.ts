import { jsonOf, withoutSecrets, type UpstreamAnswer } from '../upstream.ts'
import type { CapturedRequest } from './capture.ts'

/** Names of headers and query parameters whose value proves who we are. */
const SECRET_NAME = /auth|cookie|secret|token|\bkey\b|api-?key|_key$/i

/** Chosen by us for each attempt, and no secret. */
const IDEMPOTENCY_KEY = 'idempotency-key'

/** What proves who we are in a request, by the names under which it is sent. */
export function secretsOf({ url, headers }: CapturedRequest): Readonly<Record<string, string>> {
  const sent = [...Object.entries(headers), ...url.searchParams]
  return Object.fromEntries(sent.filter(([name]) => name !== IDEMPOTENCY_KEY && SECRET_NAME.test(name)))
}

/** The answer without what it repeats of that: adapters and models read no other. */
export function redacted(answer: UpstreamAnswer, secrets: Readonly<Record<string, string>>): UpstreamAnswer {
  const text = withoutSecrets(answer.text, secrets)
  return text === answer.text ? answer : { ...answer, text, json: jsonOf(answer.headers, text) }
}

/** A link without the parameters that carry one of these secrets: it is stored, they are sent as headers. */
export function linkWithoutSecrets(link: string, secrets: readonly string[]): string {
  const url = URL.parse(link)
  if (url === null) return link
  const found = [...url.searchParams].filter(([name, value]) => name === 'key' || secrets.includes(value))
  if (found.length === 0) return link
  for (const [name] of found) url.searchParams.delete(name)
  return url.href
}
