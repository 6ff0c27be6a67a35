import type { Kysely } from 'kysely'
import type { Project, ProjectLimits, ProjectUsage } from '../store.ts'
import { dayOf } from './project-usage.ts'
import type { ProjectRow, Tables } from './schema.ts'
import type { Transaction } from './transaction.ts'

export const projectOfRow = (row: Pick<ProjectRow, 'id' | 'name' | 'created_at' | 'limits'>): Project => ({
  id: row.id,
  name: row.name,
  createdAtMs: row.created_at,
  limits: row.limits === null ? {} : (JSON.parse(row.limits) as ProjectLimits),
})

export async function createProject({ db }: Transaction, project: Project): Promise<void> {
  await db
    .insertInto('projects')
    .values({
      id: project.id,
      name: project.name,
      created_at: project.createdAtMs,
      webhook_secrets: null,
      limits: JSON.stringify(project.limits),
    })
    .execute()
}

export async function listProjects(db: Kysely<Tables>): Promise<readonly Project[]> {
  const rows = await db.selectFrom('projects').selectAll().orderBy('created_at').orderBy('id').execute()
  return rows.map(projectOfRow)
}

export async function updateProject(
  { db, locks }: Transaction,
  id: string,
  patch: Partial<Pick<Project, 'name' | 'limits'>>,
): Promise<Project | undefined> {
  await locks.hold('project', id)
  const row = await db.selectFrom('projects').selectAll().where('id', '=', id).executeTakeFirst()
  if (row === undefined) return undefined
  const after = { ...projectOfRow(row), ...patch }
  await db
    .updateTable('projects')
    .set({ name: after.name, limits: JSON.stringify(after.limits) })
    .where('id', '=', id)
    .execute()
  return after
}

export async function projectUsage(db: Kysely<Tables>, id: string, nowMs: number): Promise<ProjectUsage> {
  const row = await db.selectFrom('project_usage').selectAll().where('project_id', '=', id).executeTakeFirst()
  if (row === undefined) return { inFlight: 0, createdToday: 0 }
  return { inFlight: row.in_flight, createdToday: row.day === dayOf(nowMs) ? row.day_tasks : 0 }
}
