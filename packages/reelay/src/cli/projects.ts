import { connect } from './connection.ts'
import { formatAgo } from './duration.ts'
import { EXIT_CODE, type ExitCode } from './exit-code.ts'
import { writeJson, writeLine, type GlobalOptions, type Io } from './io.ts'
import { printTable } from './print-table.ts'

/** The default project comes with the database and has no time of its own. */
const createdText = (createdAt: number, nowMs: number): string =>
  createdAt === 0 ? '-' : formatAgo(createdAt, nowMs)

export type ProjectCreateOptions = GlobalOptions & { name: string }

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
