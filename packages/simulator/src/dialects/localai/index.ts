import { schemeAuth, type Auth } from '../../auth.ts'
import { PLAIN_RESULTS, type Dialect, type Wish } from '../../dialect.ts'
import { headerOf, textField, type SimulatorRequest } from '../../request.ts'
import { errorAnswer, fileAnswer, idOfFile, made, modelList, notFound } from './answers.ts'
import { refuse } from './refuse.ts'

const bearer = schemeAuth('Bearer', false)

/** Started without keys it wants none; else it reads them from several places. */
const auth: Auth = {
  isRequired: false,
  identify: (request, keys, nowMs) => {
    const key = headerOf(request, 'x-api-key') || headerOf(request, 'xi-api-key')
    return key === '' ? bearer.identify(request, keys, nowMs) : { key }
  },
}

function read({ fields }: SimulatorRequest): Wish {
  return { prompt: textField(fields, 'prompt'), model: textField(fields, 'model') }
}

/** LocalAI: the answer comes when the video is made, and nobody can be asked for it later. */
export const localai: Dialect = {
  name: 'localai',
  title: 'LocalAI',
  environment: (url, key) => ({ LOCALAI_API_KEY: key, LOCALAI_BASE_URL: url }),
  auth,
  modelDefault: 'longcat-video',
  models: ['longcat-video', 'wan2.1-t2v-1.3b-ggml'],
  routes: [
    { kind: 'create', method: 'POST', path: /^\/video$/u, read, refuse, answer: made, waits: true },
    {
      kind: 'content',
      method: 'GET',
      path: /^\/generated-videos\/[^/]+$/u,
      idOf: ({ path }, verbs) => idOfFile(path, verbs),
      answer: fileAnswer,
      missing: notFound,
    },
    { kind: 'other', method: 'GET', path: /^(?:\/v1)?\/models$/u, answer: modelList },
  ],
  newId: ({ ids }) => ids.uuid(),
  idKeys: ['id', 'url'],
  results: PLAIN_RESULTS,
  // A card of one's own, which nobody has measured here: assumed.
  renderTimes: { default: { medianMs: 120_000, sigma: 0.4 } },
  repeats: 'new-task',
  error: errorAnswer,
  missing: notFound,
  notReady: notFound,
  unrouted: notFound,
}
