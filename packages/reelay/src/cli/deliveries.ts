import type { DeliveryListOptions, DeliveryStatus, WebhookDelivery } from '@reelay/sdk'
import { usageError } from './cli-error.ts'
import { connect } from './connection.ts'
import { printDeliveries, printDelivery } from './delivery-view.ts'
import { EXIT_CODE, type ExitCode } from './exit-code.ts'
import { writeJson, writeLine, type GlobalOptions, type Io } from './io.ts'

export type DeliveryListCommandOptions = GlobalOptions & {
  status?: string
  endpoint?: string
  video?: string
  limit?: number
}

type DeliveryOptions = GlobalOptions & { id: string }

const LIMIT_DEFAULT = 20
const PAGE_LIMIT_MAX = 100
const STATUSES: readonly DeliveryStatus[] = ['pending', 'delivered', 'exhausted', 'cancelled']

/** `reelay deliveries list`: the newest first. */
export async function list(options: DeliveryListCommandOptions, io: Io): Promise<ExitCode> {
  const { endpoint, video, limit: wanted = LIMIT_DEFAULT } = options
  const status = options.status === undefined ? undefined : statusOf(options.status)
  const client = await connect(options, io)
  const shown: WebhookDelivery[] = []
  let hasMore = true
  while (hasMore && shown.length < wanted) {
    const limit = Math.min(wanted - shown.length, PAGE_LIMIT_MAX)
    const query: DeliveryListOptions = { status, endpoint, video, limit, after: shown.at(-1)?.id }
    const page = await client.deliveries.list(query)
    shown.push(...page.data)
    hasMore = page.has_more && page.data.length > 0
  }
  if (options.json === true) {
    writeJson(io, {
      object: 'list',
      data: shown,
      first_id: shown.at(0)?.id ?? null,
      last_id: shown.at(-1)?.id ?? null,
      has_more: hasMore,
    })
    return EXIT_CODE.ok
  }
  printDeliveries(shown, io)
  if (hasMore) writeLine(io.stderr, 'there are more: pass a larger --limit')
  return EXIT_CODE.ok
}

/** `reelay deliveries get`: with every attempt. */
export async function get(options: DeliveryOptions, io: Io): Promise<ExitCode> {
  const delivery = await (await connect(options, io)).deliveries.retrieve(options.id)
  if (options.json === true) writeJson(io, delivery)
  else printDelivery(delivery, io)
  return EXIT_CODE.ok
}

/** `reelay deliveries resend`. */
export async function resend(options: DeliveryOptions, io: Io): Promise<ExitCode> {
  const delivery = await (await connect(options, io)).deliveries.resend(options.id)
  if (options.json === true) writeJson(io, delivery)
  else writeLine(io.stdout, `${delivery.id}  on the way again`)
  return EXIT_CODE.ok
}

function statusOf(text: string): DeliveryStatus {
  const status = STATUSES.find((known) => known === text)
  if (status !== undefined) return status
  throw usageError(`There is no status ${text}: use one of ${STATUSES.join(', ')}`, { param: 'status' })
}
