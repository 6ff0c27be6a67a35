import { jsonAnswer, type Answer } from '../../answer.ts'
import type { Dialect, EndRoute, Refusal, Route, Wish } from '../../dialect.ts'
import { textField, type SimulatorRequest } from '../../request.ts'
import type { TaskView } from '../../task.ts'
import type { Verbs } from '../../verbs.ts'

/** What differs between the servers that speak `POST /v1/videos`. */
export interface VideoRoutes {
  refuse(request: SimulatorRequest, verbs: Verbs): Answer | null
  created(view: TaskView, verbs: Verbs): Answer
  polled(view: TaskView, verbs: Verbs): Answer
  notReady: Dialect['notReady']
  error(refusal: Refusal): Answer
  /** Absent where there is no such route. */
  readonly deleted?: Pick<EndRoute, 'effect' | 'answer'>
  readonly listed?: (verbs: Verbs, request: SimulatorRequest) => Answer
  readonly remixes: boolean
}

/** The key of a remix's parent, which stands in the path of its route. */
export const PARENT = 'parent'

function read({ fields, params }: SimulatorRequest): Wish {
  const parentId = params[PARENT] ?? null
  return { prompt: textField(fields, 'prompt'), model: textField(fields, 'model'), parentId }
}

function models(verbs: Verbs): Answer {
  const data = verbs.models.map((id) => ({ id, object: 'model', created: 1_767_225_600, owned_by: 'sim' }))
  return jsonAnswer(200, { object: 'list', data })
}

/** The routes of OpenAI's video API, as the server has them. */
export function videoRoutes(server: VideoRoutes): readonly Route[] {
  const create = {
    kind: 'create',
    method: 'POST',
    read,
    refuse: (request: SimulatorRequest, verbs: Verbs) => server.refuse(request, verbs),
    answer: (view: TaskView, verbs: Verbs) => server.created(view, verbs),
  } as const
  const content = (view: TaskView, verbs: Verbs, request: SimulatorRequest): Answer => {
    const variant = request.query.get('variant') ?? 'video'
    if (variant !== 'video')
      return server.error({ status: 404, code: 'not_found', message: `There is no ${variant}.` })
    return view.phase === 'done' ? verbs.file(view, request) : server.notReady(view)
  }
  const { deleted, listed } = server
  const id = /^\/v1\/videos\/(?<id>[^/]+)$/u
  const optional: (Route | undefined)[] = [
    server.remixes ? { ...create, path: /^\/v1\/videos\/(?<parent>[^/]+)\/remix$/u } : undefined,
    listed === undefined
      ? undefined
      : { kind: 'list', method: 'GET', path: /^\/v1\/videos$/u, answer: listed },
    deleted === undefined ? undefined : { kind: 'delete', method: 'DELETE', path: id, ...deleted },
  ]
  return [
    { ...create, path: /^\/v1\/videos$/u },
    ...optional.flatMap((route) => route ?? []),
    { kind: 'other', method: 'GET', path: /^\/v1\/models$/u, answer: models },
    { kind: 'content', method: 'GET', path: /^\/v1\/videos\/(?<id>[^/]+)\/content$/u, answer: content },
    { kind: 'poll', method: 'GET', path: id, answer: (view, verbs) => server.polled(view, verbs) },
  ]
}
