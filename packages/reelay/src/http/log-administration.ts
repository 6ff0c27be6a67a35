import type { Exchange } from './exchange.ts'

export type Administration = {
  action:
    | 'key.created'
    | 'key.rotated'
    | 'key.revoked'
    | 'project.created'
    | 'project.updated'
    | 'backup.created'
  /** The id of what was changed. */
  target: string
  /** What else is worth knowing; never a secret. */
  detail?: Readonly<Record<string, unknown>>
}

/** One line for each change of who may do what. */
export function logAdministration(exchange: Exchange, { action, target, detail }: Administration): void {
  const { key, requestId, shared } = exchange
  shared.log.info({ request: requestId, keyId: key?.id, action, target, ...detail }, 'administered')
}
