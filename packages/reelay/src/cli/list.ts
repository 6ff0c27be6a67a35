import { VIDEO_STATUSES, type ListOptions, type Video, type VideoStatus } from '@reelay/sdk'
import { usageError } from './cli-error.ts'
import { connect } from './connection.ts'
import { formatAgo } from './duration.ts'
import { EXIT_CODE, type ExitCode } from './exit-code.ts'
import { writeJson, writeLine, type GlobalOptions, type Io } from './io.ts'
import { printTable } from './print-table.ts'
import { paintStatus, styleOf } from './style.ts'

export type ListCommandOptions = GlobalOptions & {
  status?: string
  model?: string
  limit?: number
  all?: boolean
}

const PAGE_LIMIT_MAX = 100
const LIMIT_DEFAULT = 20

/** `reelay list`: the newest videos, or all of them. */
export async function run(options: ListCommandOptions, io: Io): Promise<ExitCode> {
  const status = options.status === undefined ? undefined : statusOf(options.status)
  const client = await connect(options, io)
  const wanted = options.all === true ? Number.POSITIVE_INFINITY : (options.limit ?? LIMIT_DEFAULT)
  // One more than wanted tells whether there are others.
  const query: ListOptions = { status, model: options.model, limit: Math.min(wanted + 1, PAGE_LIMIT_MAX) }
  const videos: Video[] = []
  for await (const video of client.videos.listAll(query)) {
    videos.push(video)
    if (videos.length > wanted) break
  }
  const hasMore = videos.length > wanted
  const shown = hasMore ? videos.slice(0, wanted) : videos
  if (options.json === true) writeJson(io, pageOf(shown, hasMore))
  else tell(shown, hasMore, io)
  return EXIT_CODE.ok
}

const pageOf = (data: readonly Video[], hasMore: boolean): object => ({
  object: 'list',
  data,
  first_id: data.at(0)?.id ?? null,
  last_id: data.at(-1)?.id ?? null,
  has_more: hasMore,
})

function statusOf(text: string): VideoStatus {
  const status = VIDEO_STATUSES.find((known) => known === text)
  if (status !== undefined) return status
  throw usageError(`There is no status ${text}: use one of ${VIDEO_STATUSES.join(', ')}`, { param: 'status' })
}

function tell(videos: readonly Video[], hasMore: boolean, io: Io): void {
  const style = styleOf(io.stdout, io.env)
  const nowMs = io.clock.nowMs()
  printTable(io, {
    columns: [
      { title: 'ID' },
      { title: 'STATUS', paint: (aligned, cell) => paintStatus(style, cell)(aligned) },
      { title: 'DONE', align: 'right' },
      { title: 'MODEL' },
      { title: 'CREATED' },
      { title: 'PROMPT', shrinks: true },
    ],
    rows: videos.map((video) => [
      video.id,
      video.status,
      `${video.progress}%`,
      video.model,
      formatAgo(video.created_at, nowMs),
      video.prompt ?? '',
    ]),
    empty: 'no videos; make one with: reelay create "a paper boat on a quiet lake"',
  })
  if (hasMore) writeLine(io.stderr, 'there are more: pass --all, or a larger --limit')
}
