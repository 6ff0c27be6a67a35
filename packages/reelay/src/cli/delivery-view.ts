import type { DeliveryAttempt, DeliveryStatus, WebhookDelivery } from '@reelay/sdk'
import { formatAgo, formatDuration } from './duration.ts'
import { formatFacts } from './fact-list.ts'
import { writeLine, type Io } from './io.ts'
import { printTable } from './print-table.ts'
import { columnsOf, isTerminal, styleOf, type Style } from './style.ts'

const ANSWER_CHARACTERS_SHOWN = 200
/** What all columns of the list take. */
const WIDE_COLUMNS = 150

/** Deliveries as a table; on a narrow terminal without what `reelay deliveries get` says too. */
export function printDeliveries(deliveries: readonly WebhookDelivery[], io: Io): void {
  const style = styleOf(io.stdout, io.env)
  const nowMs = io.clock.nowMs()
  const isWide = !isTerminal(io.stdout, io.env) || columnsOf(io.stdout) >= WIDE_COLUMNS
  printTable(io, {
    columns: [
      { title: 'ID' },
      { title: 'STATUS', paint: (aligned, cell) => paintOf(style, cell)(aligned) },
      { title: 'EVENT' },
      { title: 'TRIES', align: 'right' },
      ...(isWide ? [{ title: 'NEXT' }, { title: 'CREATED' }, { title: 'VIDEO' }] : []),
      { title: 'TO', shrinks: true },
    ],
    rows: deliveries.map((delivery) => [
      delivery.id,
      delivery.status,
      delivery.type,
      String(delivery.attempts),
      ...(isWide
        ? [nextText(delivery, nowMs), formatAgo(delivery.created_at, nowMs), delivery.video ?? '-']
        : []),
      delivery.url,
    ]),
    empty: 'no deliveries',
  })
}

/** One delivery for people, with what each attempt came to. */
export function printDelivery(delivery: WebhookDelivery, io: Io): void {
  const nowMs = io.clock.nowMs()
  const facts = formatFacts(
    [
      ['id', delivery.id],
      ['status', delivery.status],
      ['event', delivery.type],
      ['event id', delivery.event_id],
      ['video', delivery.video],
      ['endpoint', delivery.endpoint ?? (delivery.video === null ? null : "none: the video's callback_url")],
      ['to', delivery.url],
      ['created', formatAgo(delivery.created_at, nowMs)],
      ['ended', delivery.ended_at === null ? null : formatAgo(delivery.ended_at, nowMs)],
      ['next try', delivery.next_attempt_at === null ? null : nextText(delivery, nowMs)],
      ['tries', String(delivery.attempts)],
      ['last error', delivery.attempts_log?.at(-1)?.error ?? null],
    ],
    io,
  )
  writeLine(io.stdout, facts)
  const log = delivery.attempts_log ?? []
  if (log.length === 0) return
  writeLine(io.stdout, '')
  printTable(io, {
    columns: [
      { title: 'TRY', align: 'right' },
      { title: 'AT' },
      { title: 'TOOK', align: 'right' },
      { title: 'HTTP' },
      { title: 'ANSWER', shrinks: true },
    ],
    rows: log.map((attempt) => [
      String(attempt.n),
      new Date(attempt.at * 1_000).toISOString().replace('.000Z', 'Z'),
      `${attempt.latency_ms} ms`,
      attempt.status_code === null ? '-' : String(attempt.status_code),
      (attempt.response_body ?? attempt.error ?? '').slice(0, ANSWER_CHARACTERS_SHOWN),
    ]),
    empty: '',
  })
}

/** What one request came to, in a sentence. */
export function attemptText({ error, status_code: status, latency_ms: latencyMs }: DeliveryAttempt): string {
  if (error !== null) return error
  return `the receiver answered ${status ?? 'something'} in ${latencyMs} ms`
}

function nextText({ next_attempt_at: next }: WebhookDelivery, nowMs: number): string {
  if (next === null) return '-'
  const waitMs = next * 1_000 - nowMs
  return waitMs < 1_000 ? 'now' : `in ${formatDuration(waitMs)}`
}

const isStatus = (text: string, ...statuses: readonly DeliveryStatus[]): boolean =>
  statuses.some((status) => status === text)

function paintOf(style: Style, status: string): (text: string) => string {
  if (isStatus(status, 'delivered')) return style.green
  return isStatus(status, 'exhausted', 'cancelled') ? style.red : style.yellow
}
