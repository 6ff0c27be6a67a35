import type { Phase } from '../src/phase.ts'
import { textField } from '../src/request.ts'
import type { DialectSubject, Reply } from './dialect-subject.ts'
import { fieldsOf } from './test-client.ts'

const PHASES: Readonly<Record<string, Phase>> = {
  queued: 'queued',
  in_progress: 'running',
  completed: 'done',
  failed: 'failed',
  error: 'error',
}

function recordOf({ body }: Reply): Record<string, unknown> {
  return typeof body === 'object' && body !== null ? fieldsOf(body) : {}
}

const path = (id: string): string => `/v1/videos/${id}`

function formOf(fields: Readonly<Record<string, string>>): FormData {
  const form = new FormData()
  for (const [name, value] of Object.entries(fields)) form.append(name, value)
  return form
}

/** The servers that speak `POST /v1/videos`, with what tells them apart. */
export function videoSubject(dialect: 'comet' | 'openai' | 'sglang' | 'vllm'): DialectSubject {
  return {
    dialect,
    credentials: (key) => ({ authorization: `Bearer ${key}` }),
    create: (prompt) => {
      const fields = { model: 'wan2.6', prompt }
      // One of them takes text alone as JSON only, another takes no JSON.
      const body = dialect === 'sglang' ? { json: fields } : { body: formOf(fields) }
      return { method: 'POST', path: '/v1/videos', ...body }
    },
    idOf: (created) => textField(recordOf(created), 'id'),
    poll: (id) => ({ path: path(id) }),
    phaseOf: (polled) => PHASES[String(recordOf(polled)['status'])] ?? null,
    content: (id) => ({ path: `${path(id)}/content` }),
    ...(dialect === 'comet'
      ? {
          callsBack: false,
          link: async (id, ask) => {
            const polled = await ask({ path: path(id) })
            return textField(recordOf(polled), 'video_url')
          },
        }
      : { remove: (id) => ({ method: 'DELETE', path: path(id) }) }),
  }
}
