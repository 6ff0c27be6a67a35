import type { IncomingHttpHeaders } from 'node:http'
import type { FaultPoint } from './fault.ts'

/** One request that reached the simulator. */
export interface RequestRecord {
  readonly at: number
  /** `files` is the second port. */
  readonly port: 'api' | 'files'
  readonly method: string
  /** Path and query. */
  readonly url: string
  readonly headers: IncomingHttpHeaders
  /** What kind of route it met; null for a path that the dialect does not route. */
  readonly point: FaultPoint | null
  /** The task it is about; null for a create, until it is accepted, and for anything else. */
  id: string | null
  /** The HTTP status that left; null while none did. */
  status: number | null
  /** The fault that struck. */
  fault: string | null
}

const CREDENTIALS: readonly string[] = [
  'authorization',
  'proxy-authorization',
  'cookie',
  'api-key',
  'x-api-key',
  'x-goog-api-key',
]

/** Whether a request came with a credential, in a header or as the parameter `key`. */
export function bearsCredential(url: URL, headers: IncomingHttpHeaders): boolean {
  return CREDENTIALS.some((name) => headers[name] !== undefined) || url.searchParams.has('key')
}
