import { jsonAnswer, type Answer } from '../../answer.ts'
import type { CallbackRules } from '../../callback-rules.ts'
import type { Route, Wish } from '../../dialect.ts'
import { textField, type SimulatorRequest } from '../../request.ts'
import type { TaskView } from '../../task.ts'
import type { Verbs } from '../../verbs.ts'
import { polled as klingTask } from '../kling/answers.ts'
import { klingCallback } from '../kling/callback.ts'
import { klingRoutes } from '../kling/routes.ts'
import { created as runwayCreated, taskAnswer as runwayTask } from '../runway/answers.ts'
import { refuse as runwayRefuses } from '../runway/refuse.ts'
import { created as grokCreated, video as grokVideo } from '../xai/answers.ts'
import { refuse as grokRefuses } from '../xai/refuse.ts'
import { wrapped } from './wrapped.ts'

type Shape = (view: TaskView, verbs: Verbs) => Answer

/** Any route may answer with the older task object in place of the maker's own, which is in it then. */
function orWrapped(polled: Shape): Shape {
  return (view, verbs) => {
    const answer = polled(view, verbs)
    return view.task.script.wrapper ? wrapped(view, verbs, JSON.parse(answer.body.toString('utf8'))) : answer
  }
}

/** It is said for a moment after a create too. */
export const taskNotExist = (): Answer =>
  jsonAnswer(400, { code: 'task_not_exist', message: 'task_not_exist', data: null })

interface Maker {
  /** Where its jobs are made. What the maker refuses goes by the group `kind`. */
  readonly create: RegExp
  /** Where they are asked for. */
  readonly poll: RegExp
  readonly promptField: string
  readonly refuse: (request: SimulatorRequest) => Answer | null
  readonly created: Shape
  readonly polled: Shape
}

function routesOf({ create, poll, promptField, refuse, created, polled }: Maker): readonly Route[] {
  return [
    {
      kind: 'create',
      method: 'POST',
      path: create,
      read: ({ fields }): Wish => ({
        prompt: textField(fields, promptField),
        model: textField(fields, 'model'),
      }),
      refuse,
      answer: created,
    },
    {
      kind: 'poll',
      method: 'GET',
      path: poll,
      // The jobs of one maker are not known on the route of another (assumed).
      idOf: ({ params }, verbs) => {
        const view = verbs.find(params['id'] ?? '')
        return view !== null && create.test(view.task.path) ? view.task.id : ''
      },
      answer: orWrapped(polled),
    },
  ]
}

/** The paths on which makers' own APIs are spoken: those that Reelay asks. */
export const NATIVE_ROUTES: readonly Route[] = [
  ...klingRoutes({ prefix: '/kling', polled: orWrapped(klingTask), missing: taskNotExist }),
  ...routesOf({
    create: /^\/runwayml\/v1\/(?<kind>image_to_video)$/u,
    poll: /^\/runwayml\/v1\/tasks\/(?<id>[^/]+)$/u,
    promptField: 'promptText',
    refuse: runwayRefuses,
    created: runwayCreated,
    polled: runwayTask,
  }),
  ...routesOf({
    create: /^\/grok\/v1\/videos\/(?<kind>generations)$/u,
    poll: /^\/grok\/v1\/videos\/(?<id>[^/]+)$/u,
    promptField: 'prompt',
    refuse: grokRefuses,
    created: grokCreated,
    polled: grokVideo,
  }),
]

const isKling = (path: string): boolean => path.startsWith('/kling/')

/** Whether the maker's ids are of this form, and not CometAPI's own. */
export function nativeIdForm(path: string): 'digits' | 'uuid' | null {
  if (isKling(path)) return 'digits'
  return path.startsWith('/runwayml/') || path.startsWith('/grok/') ? 'uuid' : null
}

/** Only Kling's route is told where to call: Kling's own body is passed on, and nobody signs it. */
export const cometCallback: CallbackRules = {
  ...klingCallback,
  target: (request, account) => (isKling(request.path) ? klingCallback.target(request, account) : null),
}
