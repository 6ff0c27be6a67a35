import type { Project } from '../store/store.ts'
import { projectCreateSchema } from './admin-schemas.ts'
import { jsonAnswer, type Exchange } from './exchange.ts'
import { readJson } from './read-json.ts'

const viewProject = (project: Project): Record<string, unknown> => ({
  id: project.id,
  object: 'project',
  name: project.name,
  created_at: Math.floor(project.createdAtMs / 1000),
})

/** `POST /v1/projects` */
export async function createProject(exchange: Exchange): Promise<Response> {
  const { clock, ids, store } = exchange.shared
  const { name } = await readJson(exchange, projectCreateSchema)
  const nowMs = clock.nowMs()
  const project: Project = { id: ids.id('proj', nowMs), name, createdAtMs: nowMs, limits: {} }
  await store.createProject(project)
  return jsonAnswer(viewProject(project))
}

/** `GET /v1/projects` */
export async function listProjects(exchange: Exchange): Promise<Response> {
  const projects = await exchange.shared.store.listProjects()
  return jsonAnswer({ object: 'list', data: projects.map(viewProject) })
}
