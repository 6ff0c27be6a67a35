import { Client } from 'pg'
import type { Clock } from '../../system/clock.ts'
import type { Log } from '../../system/log.ts'
import { recordOf } from '../../system/json.ts'
import type { Announcer } from '../sql/announcer.ts'
import type { Transaction } from '../sql/transaction.ts'
import type { ChangeKind } from '../store.ts'
import type { Connections } from './connections.ts'

const CHANNEL = 'reelay_changes'
/** What is told together: a notice in each transaction would cost more than half of the writes (they take turns for it). */
const GATHER_MS = 50
/** Ids in one notice: PostgreSQL takes 8,000 bytes. */
const IDS_MAX = 180
/** Ids gathered at a time; what is beyond is found by the next look of each process. */
const GATHERED_MAX = 4_000
const RETRY_MS_MIN = 1_000
const RETRY_MS_MAX = 30_000

type Changed = Transaction['changed']

export type ChangeFeedOptions = {
  url: string
  connections: Pick<Connections, 'query'>
  announcer: Announcer
  /** Names this process, which has heard of its own changes already. */
  owner: string
  clock: Clock
  log: Log
}

/**
 * Tells other processes on the database what this one changed, and hears what they changed. Only a hint: whoever misses it,
 * behind a pooler for instance, finds the same by looking, a little later.
 */
export class ChangeFeed {
  readonly #options: ChangeFeedOptions
  readonly #closing = new AbortController()
  #gathered: Changed = new Map()
  #outboxFilled = false
  #sending: Promise<void> | undefined
  #listening: Promise<void> = Promise.resolve()
  #retryMs = RETRY_MS_MIN

  constructor(options: ChangeFeedOptions) {
    this.#options = options
  }

  start(): void {
    this.#listening = this.#listen()
  }

  /** After a commit of this process. */
  tell(changed: ReadonlyMap<string, ChangeKind>, outbox: { filled: boolean }): void {
    if (changed.size === 0 && !outbox.filled) return
    for (const [id, kind] of changed) if (this.#gathered.size < GATHERED_MAX) this.#gathered.set(id, kind)
    this.#outboxFilled ||= outbox.filled
    this.#sending ??= this.#send()
  }

  async close(): Promise<void> {
    this.#closing.abort()
    await Promise.all([this.#listening, this.#sending])
  }

  async #send(): Promise<void> {
    const { clock, connections, log } = this.#options
    await clock.sleep(GATHER_MS, this.#closing.signal)
    const notices = noticesOf(this.#options.owner, this.#gathered, this.#outboxFilled)
    this.#gathered = new Map()
    this.#outboxFilled = false
    this.#sending = undefined
    try {
      for (const notice of notices) await connections.query('select pg_notify($1, $2)', [CHANNEL, notice])
    } catch (error) {
      log.debug({ err: error }, 'other processes were not told of a change; they will find it')
    }
  }

  async #listen(): Promise<void> {
    const { clock, log } = this.#options
    while (!this.#closing.signal.aborted) {
      try {
        await this.#listenOnce()
      } catch (error) {
        const reason = error instanceof Error ? error.message : String(error)
        log.warn({ reason, retryMs: this.#retryMs }, 'changes by other processes are heard late for a while')
      }
      await clock.sleep(this.#retryMs, this.#closing.signal)
      this.#retryMs = Math.min(RETRY_MS_MAX, this.#retryMs * 2)
    }
  }

  /** Until the connection ends, or this feed is closed. */
  async #listenOnce(): Promise<void> {
    const client = new Client({
      connectionString: this.#options.url,
      keepAlive: true,
      application_name: 'reelay listener',
    })
    const ended = Promise.withResolvers<void>()
    const finish = (): void => ended.resolve()
    client.on('error', (error: Error) => ended.reject(error))
    client.on('end', finish)
    client.on('notification', ({ payload }) => this.#hear(payload ?? ''))
    this.#closing.signal.addEventListener('abort', finish)
    try {
      await client.connect()
      await client.query(`listen ${CHANNEL}`)
      this.#retryMs = RETRY_MS_MIN
      await ended.promise
    } finally {
      this.#closing.signal.removeEventListener('abort', finish)
      ended.promise.catch(() => undefined)
      await client.end().catch(() => undefined)
    }
  }

  #hear(payload: string): void {
    const notice = noticeOf(payload)
    if (notice === undefined || notice.from === this.#options.owner) return
    const changed: Changed = new Map()
    for (const id of notice.scheduled) changed.set(id, 'scheduled')
    for (const id of notice.moved) changed.set(id, 'moved')
    this.#options.announcer.announce(changed, { filled: notice.due })
  }
}

function noticesOf(from: string, changed: ReadonlyMap<string, ChangeKind>, due: boolean): readonly string[] {
  const entries = [...changed]
  const notices: string[] = []
  for (let start = 0; start < Math.max(1, entries.length); start += IDS_MAX) {
    const part = entries.slice(start, start + IDS_MAX)
    const of = (wanted: ChangeKind): string[] => part.filter(([, kind]) => kind === wanted).map(([id]) => id)
    notices.push(
      JSON.stringify({ from, scheduled: of('scheduled'), moved: of('moved'), due: due && start === 0 }),
    )
  }
  return notices
}

type Notice = { from: string; scheduled: readonly string[]; moved: readonly string[]; due: boolean }

const idsOf = (value: unknown): readonly string[] =>
  Array.isArray(value) ? value.filter((id): id is string => typeof id === 'string') : []

/** Undefined for what is none: another version may write something that this one does not know. */
function noticeOf(payload: string): Notice | undefined {
  try {
    const { from, scheduled, moved, due } = recordOf(JSON.parse(payload)) ?? {}
    if (typeof from !== 'string') return undefined
    return { from, scheduled: idsOf(scheduled), moved: idsOf(moved), due: due === true }
  } catch {
    return undefined
  }
}
