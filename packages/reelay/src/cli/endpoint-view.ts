import type { WebhookEndpoint } from '@reelay/sdk'
import { formatAgo, formatDuration } from './duration.ts'
import { formatFacts } from './fact-list.ts'
import type { Io } from './io.ts'
import { printTable } from './print-table.ts'
import { styleOf } from './style.ts'

const EVENTS_MAX = 5

/** One endpoint for people. */
export function formatEndpoint(endpoint: WebhookEndpoint, io: Io): string {
  const nowMs = io.clock.nowMs()
  const { health } = endpoint
  return formatFacts(
    [
      ['id', endpoint.id],
      ['url', endpoint.url],
      ['description', endpoint.description],
      ['events', eventsText(endpoint)],
      ['payload', endpoint.payload],
      ['state', stateText(endpoint, nowMs)],
      ['failures', health.failures === 0 ? null : `${health.failures} in a row`],
      ['failing', failingText(endpoint, nowMs)],
      ['created', formatAgo(endpoint.created_at, nowMs)],
    ],
    io,
  )
}

/** Endpoints as a table. */
export function printEndpoints(endpoints: readonly WebhookEndpoint[], io: Io): void {
  const nowMs = io.clock.nowMs()
  const style = styleOf(io.stdout, io.env)
  const paint = (cell: string): ((text: string) => string) =>
    cell === 'enabled' ? style.green : cell.startsWith('disabled') ? style.red : style.yellow
  printTable(io, {
    columns: [
      { title: 'ID' },
      { title: 'STATE', paint: (aligned, cell) => paint(cell)(aligned) },
      { title: 'EVENTS', shrinks: true },
      { title: 'URL', shrinks: true },
    ],
    rows: endpoints.map((endpoint) => [
      endpoint.id,
      stateText(endpoint, nowMs),
      eventsText(endpoint),
      endpoint.url,
    ]),
    empty: 'no endpoints; make one with: reelay endpoints create https://app.example.com/webhooks',
  })
}

function failingText({ health: { failing_since: since } }: WebhookEndpoint, nowMs: number): string | null {
  return since === null ? null : `for ${formatDuration(nowMs - since * 1_000)}`
}

const eventsText = ({ events }: WebhookEndpoint): string =>
  events.length === EVENTS_MAX ? 'all' : events.map((type) => type.replace('video.', '')).join(', ')

function stateText({ enabled, disabled_reason: reason, health }: WebhookEndpoint, nowMs: number): string {
  if (!enabled) return `disabled (${reason ?? 'manual'})`
  if (health.paused_until !== null && health.paused_until * 1_000 > nowMs)
    return `paused for ${formatDuration(health.paused_until * 1_000 - nowMs)}`
  return health.failures > 0 ? 'failing' : 'enabled'
}
