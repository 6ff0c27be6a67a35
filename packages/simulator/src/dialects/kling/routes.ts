import type { Answer } from '../../answer.ts'
import type { Route, Wish } from '../../dialect.ts'
import { textField, type SimulatorRequest } from '../../request.ts'
import type { TaskView } from '../../task.ts'
import type { Verbs } from '../../verbs.ts'
import { created, list } from './answers.ts'
import { KLING_KINDS, modelDefaultOf } from './models.ts'
import { refuse } from './refuse.ts'

/** What differs where somebody else serves Kling. */
export interface KlingRoutes {
  /** Stands before its own paths. */
  readonly prefix: string
  readonly polled: (view: TaskView, verbs: Verbs) => Answer
  readonly missing: () => Answer
}

function read({ fields, path }: SimulatorRequest): Wish {
  return {
    prompt: textField(fields, 'prompt'),
    model: textField(fields, 'model_name') || modelDefaultOf(path),
    clientToken: textField(fields, 'external_task_id') || null,
  }
}

/** A task is there only under the path that made it; the client's own id will do as well. */
function idOf({ params, path }: SimulatorRequest, verbs: Verbs): string {
  const asked = params['id'] ?? ''
  const view = verbs.find(asked) ?? verbs.byToken(asked)
  return view !== null && view.task.path === path.slice(0, path.lastIndexOf('/')) ? view.task.id : ''
}

/** Create, list and look, for each way to make a video. */
export function klingRoutes({ prefix, polled, missing }: KlingRoutes): readonly Route[] {
  const base = `^${prefix}/v1/videos/(?:${KLING_KINDS.join('|')})`
  const tasks = new RegExp(`${base}$`, 'u')
  const task = new RegExp(`${base}/(?<id>[^/]+)$`, 'u')
  return [
    { kind: 'create', method: 'POST', path: tasks, read, refuse, answer: created },
    { kind: 'list', method: 'GET', path: tasks, answer: list },
    { kind: 'poll', method: 'GET', path: task, idOf, missing, answer: polled },
  ]
}
