import type { ApiKey, Project } from '../store/store.ts'
import { ApiError } from './api-error.ts'
import type { Exchange } from './exchange.ts'

/** Its administrators look after the whole gateway: it comes with the database and cannot be removed. */
const GATEWAY_PROJECT = 'default'

/** Whether the key may do everything that there is to do on this gateway. */
export const administersGateway = ({ projectId, scopes }: Pick<ApiKey, 'projectId' | 'scopes'>): boolean =>
  projectId === GATEWAY_PROJECT && scopes.includes('admin')

/** The project whose keys the caller administers; null: those of all. */
export function administeredProject({ key, context }: Exchange): string | null {
  if (key === null) throw new Error(`${context.req.path} is served without a key`)
  return administersGateway(key) ? null : key.projectId
}

/** A project that the caller administers; undefined for a missing and for a foreign one alike. */
export async function findAdministered(exchange: Exchange, projectId: string): Promise<Project | undefined> {
  const own = administeredProject(exchange)
  return own === null || own === projectId ? exchange.shared.store.findProject(projectId) : undefined
}

/** The same. @throws ApiError `project_not_found` */
export async function requireAdministered(exchange: Exchange, projectId: string): Promise<Project> {
  const project = await findAdministered(exchange, projectId)
  if (project !== undefined) return project
  throw new ApiError('project_not_found', 'There is no project with this id. GET /v1/projects lists them.')
}
