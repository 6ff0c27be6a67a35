import { jsonCall, listOf, objectOf } from './json-call.ts'
import { pathOfId } from './path-of-id.ts'
import { readProject } from './read-project.ts'
import type { Transport } from './transport.ts'
import type { Project, ProjectLimits } from './wire.ts'

export type ProjectOptions = { signal?: AbortSignal | undefined }

export type ProjectUpdateParams = {
  name?: string | undefined
  /** Replaces the project's own limits as a whole: those that are not named become the gateway's again. */
  limits?: ProjectLimits | undefined
}

/**
 * Projects of a Reelay gateway: each has its own videos and keys. A key with the admin scope reads its own project; those of
 * the default project make, change and read all.
 */
export interface ProjectsClient {
  create(params: { name: string }, options?: ProjectOptions): Promise<Project>
  list(options?: ProjectOptions): Promise<Project[]>
  /** With its limits and its usage. */
  retrieve(id: string, options?: ProjectOptions): Promise<Project>
  /** What is not named stays as it is. */
  update(id: string, params: ProjectUpdateParams, options?: ProjectOptions): Promise<Project>
}

const PROJECTS = '/v1/projects'

export function createProjectsClient(transport: Transport): ProjectsClient {
  const ask = async (...call: Parameters<typeof jsonCall>): Promise<Project> =>
    objectOf(await transport.request(jsonCall(...call)), readProject, 'a project')
  return {
    create: (body, { signal } = {}) => ask('POST', PROJECTS, { body, signal }),
    list: async (options = {}) =>
      listOf(await transport.request(jsonCall('GET', PROJECTS, options)), readProject, 'a list of projects'),
    retrieve: async (id, { signal } = {}) => ask('GET', pathOfId(PROJECTS, id), { signal }),
    update: async (id, body, { signal } = {}) => ask('PATCH', pathOfId(PROJECTS, id), { body, signal }),
  }
}
