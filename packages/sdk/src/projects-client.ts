import { unexpectedAnswer } from './answer.ts'
import { mayRepeatUnsafe } from './create-video.ts'
import { isRecord, numberOf, recordOf, textOf, type JsonRecord } from './json.ts'
import type { Transport } from './transport.ts'
import type { Project } from './wire.ts'

export type ProjectOptions = { signal?: AbortSignal | undefined }

/** Projects of a Reelay gateway: each has its own videos and keys. The client's key needs the admin scope. */
export interface ProjectsClient {
  create(params: { name: string }, options?: ProjectOptions): Promise<Project>
  list(options?: ProjectOptions): Promise<Project[]>
}

const ACCEPT = { accept: 'application/json' }

export function createProjectsClient(transport: Transport): ProjectsClient {
  return {
    create: async (params, { signal } = {}) => {
      const answer = await transport.request({
        method: 'POST',
        path: '/v1/projects',
        headers: ACCEPT,
        body: () => ({ content: JSON.stringify(params), contentType: 'application/json' }),
        signal,
        mayRetry: mayRepeatUnsafe,
      })
      const project = projectOf(recordOf(answer.body))
      if (project === null) throw unexpectedAnswer(answer, 'a project')
      return project
    },
    list: async ({ signal } = {}) => {
      const answer = await transport.request({ method: 'GET', path: '/v1/projects', headers: ACCEPT, signal })
      const data = recordOf(answer.body)['data']
      if (!Array.isArray(data)) throw unexpectedAnswer(answer, 'a list of projects')
      const entries: readonly unknown[] = data
      return entries.flatMap((entry) => (isRecord(entry) ? (projectOf(entry) ?? []) : []))
    },
  }
}

function projectOf(value: JsonRecord): Project | null {
  const id = textOf(value['id'])
  if (id === null) return null
  return {
    id,
    object: 'project',
    name: textOf(value['name']) ?? '',
    created_at: numberOf(value['created_at']) ?? 0,
  }
}
