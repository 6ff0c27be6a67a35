import type { Project, ProjectLimits } from '@reelay/sdk'
import { connect } from './connection.ts'
import { formatAgo, formatDuration } from './duration.ts'
import { EXIT_CODE, type ExitCode } from './exit-code.ts'
import { writeJson, writeLine, type GlobalOptions, type Io } from './io.ts'
import { printTable } from './print-table.ts'

/** The default project comes with the database and has no time of its own. */
const createdText = (createdAt: number, nowMs: number): string =>
  createdAt === 0 ? '-' : formatAgo(createdAt, nowMs)

export type ProjectCreateOptions = GlobalOptions & { name: string }

export type ProjectShowOptions = GlobalOptions & { id: string }

type LimitOption = number | 'off'

export type ProjectLimitOptions = ProjectShowOptions & {
  creates?: LimitOption
  reads?: LimitOption
  inFlight?: LimitOption
  perDay?: LimitOption
  retention?: number | 'keep'
}

/** `reelay projects create`: prints the id of the new project. */
export async function create(options: ProjectCreateOptions, io: Io): Promise<ExitCode> {
  const client = await connect(options, io)
  const project = await client.projects.create({ name: options.name })
  if (options.json === true) writeJson(io, project)
  else writeLine(io.stdout, project.id)
  return EXIT_CODE.ok
}

/** `reelay projects list`. */
export async function list(options: GlobalOptions, io: Io): Promise<ExitCode> {
  const client = await connect(options, io)
  const projects = await client.projects.list()
  if (options.json === true) {
    writeJson(io, { object: 'list', data: projects })
    return EXIT_CODE.ok
  }
  const nowMs = io.clock.nowMs()
  printTable(io, {
    columns: [{ title: 'ID' }, { title: 'NAME', shrinks: true }, { title: 'CREATED' }],
    rows: projects.map(({ id, name, created_at }) => [id, name, createdText(created_at, nowMs)]),
    empty: 'no projects; make one with: reelay projects create --name my-app',
  })
  return EXIT_CODE.ok
}

/** `reelay projects show`: the limits in force, and how much of them is used. */
export async function show(options: ProjectShowOptions, io: Io): Promise<ExitCode> {
  const client = await connect(options, io)
  return print(await client.projects.retrieve(options.id), options, io)
}

/** `reelay projects limit`: what is not named goes back to the gateway's own limit. */
export async function limit(options: ProjectLimitOptions, io: Io): Promise<ExitCode> {
  const client = await connect(options, io)
  const { id, creates, reads, inFlight, perDay, retention } = options
  const limits: ProjectLimits = {
    ...(creates === undefined ? {} : { creates_per_minute: limitOf(creates) }),
    ...(reads === undefined ? {} : { reads_per_minute: limitOf(reads) }),
    ...(inFlight === undefined ? {} : { in_flight: limitOf(inFlight) }),
    ...(perDay === undefined ? {} : { per_day: limitOf(perDay) }),
    ...(retention === undefined ? {} : { retention_seconds: retention === 'keep' ? null : retention }),
  }
  return print(await client.projects.update(id, { limits }), options, io)
}

const limitOf = (option: LimitOption): number | null => (option === 'off' ? null : option)

const ROWS = [
  ['creates a minute', 'creates_per_minute'],
  ['reads a minute', 'reads_per_minute'],
  ['videos under way', 'in_flight'],
  ['videos a day', 'per_day'],
] as const satisfies readonly (readonly [string, keyof ProjectLimits])[]

const setFor = (own: number | null | undefined): string =>
  own === undefined ? 'the gateway' : 'this project'

/** A gateway that keeps everything for good may know nothing of it. */
function retentionRow({ limits = {}, own_limits: own = {} }: Project): readonly string[][] {
  const { retention_seconds: kept } = limits
  if (kept === undefined) return []
  const time = kept === null ? 'for good' : formatDuration(kept * 1_000)
  return [['videos are kept', time, '', setFor(own.retention_seconds)]]
}

function print(project: Project, options: GlobalOptions, io: Io): ExitCode {
  if (options.json === true) {
    writeJson(io, project)
    return EXIT_CODE.ok
  }
  const { limits = {}, own_limits: own = {}, usage } = project
  const used: Partial<Record<keyof ProjectLimits, number | undefined>> = {
    in_flight: usage?.in_flight,
    per_day: usage?.created_today,
  }
  writeLine(io.stdout, `${project.id}  ${project.name}`)
  printTable(io, {
    columns: [
      { title: 'LIMIT' },
      { title: 'MOST', align: 'right' },
      { title: 'USED', align: 'right' },
      { title: 'SET FOR' },
    ],
    rows: [
      ...ROWS.map(([title, name]) => [
        title,
        String(limits[name] ?? 'off'),
        used[name] === undefined ? '' : String(used[name]),
        setFor(own[name]),
      ]),
      ...retentionRow(project),
    ],
    empty: '',
  })
  return EXIT_CODE.ok
}
