import { jsonAnswer } from '../../answer.ts'
import { schemeAuth, type Auth } from '../../auth.ts'
import type { Dialect, Wish } from '../../dialect.ts'
import { isTerminal } from '../../phase.ts'
import { headerOf, textField, type SimulatorRequest } from '../../request.ts'
import { created, deleted, errorAnswer, noSuchTask, notReady, organization, taskAnswer } from './answers.ts'
import { RUNWAY_MODELS, RUNWAY_RENDER_TIMES } from './models.ts'
import { refuse } from './refuse.ts'

/** Links die between one and two days after they were given: the sooner is the harder to live with. */
const LINK_LIFE_MS = 24 * 3_600_000

const VERSION = '2024-11-06'

const CREATE = /^\/v1\/(?<kind>text_to_video|image_to_video|video_to_video|character_performance)$/u
const TASK = /^\/v1\/tasks\/(?<id>[^/]+)$/u
const ORGANIZATION = /^\/v1\/organization$/u

const bearer = schemeAuth('Bearer')

/** Every request names the version of the API; a wrong key is said first (assumed). */
const auth: Auth = {
  isRequired: true,
  identify: (request, keys, nowMs) => {
    const identity = bearer.identify(request, keys, nowMs)
    if (identity === null || 'refused' in identity) return identity
    const isGood = keys.length === 0 || keys.includes(identity.key)
    if (!isGood || headerOf(request, 'x-runway-version') === VERSION) return identity
    const error = `The header X-Runway-Version is missing or unknown: send ${VERSION}.`
    return { refused: jsonAnswer(400, { error }) }
  },
}

function read({ fields }: SimulatorRequest): Wish {
  return { prompt: textField(fields, 'promptText'), model: textField(fields, 'model') }
}

/** Runway: its own models, and those of other makers that it serves. It calls nobody back. */
export const runway: Dialect = {
  name: 'runway',
  title: 'Runway',
  environment: (url, key) => ({ RUNWAYML_API_SECRET: key, RUNWAYML_BASE_URL: url }),
  auth,
  modelDefault: 'gen4.5',
  models: RUNWAY_MODELS,
  routes: [
    { kind: 'create', method: 'POST', path: CREATE, read, refuse, answer: created },
    { kind: 'poll', method: 'GET', path: TASK, answer: taskAnswer },
    {
      // Cancels what has not ended, and erases what has.
      kind: 'delete',
      method: 'DELETE',
      path: TASK,
      effect: (phase) => (isTerminal(phase) ? 'removes' : 'cancels'),
      answer: deleted,
    },
    { kind: 'other', method: 'GET', path: ORGANIZATION, answer: organization },
  ],
  newId: ({ ids }) => ids.uuid(),
  idKeys: ['id'],
  results: { origin: 'other', ttlMs: LINK_LIFE_MS, refreshes: true, needsKey: false },
  renderTimes: RUNWAY_RENDER_TIMES,
  repeats: 'new-task',
  error: errorAnswer,
  missing: noSuchTask,
  notReady,
  unrouted: ({ path }) =>
    [CREATE, TASK, ORGANIZATION].some((known) => known.test(path))
      ? jsonAnswer(405, { error: 'Method not allowed' })
      : jsonAnswer(404, { error: 'Not found' }),
  bare: (id) => jsonAnswer(200, { id }),
}
