import { isRecord, listOf, numberOf, recordOf, textOf } from '../../system/json.ts'
import type { Verdict } from '../../task/verdict.ts'
import { DASHSCOPE_RULES, dashscopeVerdict } from '../dashscope/status.ts'
import { FAL_RULES, falResult, falStatus } from '../fal/status.ts'
import { geminiOperation, geminiVerdict } from '../gemini/status.ts'
import { GOOGLE_RULES, readGoogleError } from '../google-error.ts'
import { googleVerdict } from '../google-operation.ts'
import { MINIMAX_RULES, minimaxOperation, minimaxVerdict } from '../minimax/status.ts'
import { readProviderError } from '../provider-error.ts'
import { REPLICATE_RULES, replicateOperation, replicateVerdict } from '../replicate/status.ts'
import { XAI_RULES, xaiOperation, xaiVerdict } from '../xai/status.ts'
import type { UpstreamAnswer } from '../upstream.ts'
import type { AnswerTable, Look, ProviderTable, RequestWords } from './answer-table.ts'
import { wordTable } from './word-table.ts'

/** A video inside an answer, as base64, and what is around it. */
const INLINE_BYTES_MAX = 64 * 1024 * 1024

/** In `.invalid`, which no name server knows: nothing that is made up is ever asked for. */
const MADE_UP = { id: 'rehearsal', url: 'https://rehearsal.invalid/' }

const PLAIN_WORDS: RequestWords = {
  optionsKey: '',
  tier: 'pixels',
  sizes: true,
  negativePrompt: null,
  generateAudio: 'field',
  lastFrame: true,
  references: true,
  lacks: ['negative_prompt'],
}

/**
 * Where the gateway speaks to a provider itself, its own tables are used: one provider has one set of
 * words.
 */
const XAI: AnswerTable = {
  rules: XAI_RULES,
  idOf: (answer) => xaiOperation(answer)?.providerTaskId ?? null,
  verdict: (answer, { id }) => xaiVerdict(answer, id),
  rehearsal: { request_id: MADE_UP.id },
}

const MINIMAX: AnswerTable = {
  rules: MINIMAX_RULES,
  idOf: (answer) => minimaxOperation(answer, 'v2')?.providerTaskId ?? null,
  verdict: (answer, { id }) => minimaxVerdict(answer, id, 'v2'),
  rehearsal: { task_id: MADE_UP.id },
}

const ALIBABA: AnswerTable = {
  rules: DASHSCOPE_RULES,
  idOf: ({ json }) =>
    readProviderError(json) === null ? textOf(recordOf(recordOf(json)['output'])['task_id']) : null,
  verdict: (answer, { id }) => dashscopeVerdict(answer, { providerTaskId: id }),
  rehearsal: { output: { task_id: MADE_UP.id, task_status: 'PENDING' }, request_id: MADE_UP.id },
}

const GOOGLE: AnswerTable = {
  rules: GOOGLE_RULES,
  idOf: (answer) => geminiOperation(answer)?.providerTaskId ?? null,
  verdict: (answer, { id }) => geminiVerdict(answer, id),
  rehearsal: { name: `operations/${MADE_UP.id}` },
  downloadHeaders: ['x-goog-api-key'],
}

/** A project has a number besides its name, so only the last parts are compared. */
const isSameOperation = (told: string, asked: string): boolean =>
  told.split('/operations/').at(-1) === asked.split('/operations/').at(-1)

/** The same operations, whose videos are in the answer or in a bucket. */
const VERTEX: AnswerTable = {
  rules: GOOGLE_RULES,
  idOf: ({ json }) => (readGoogleError(json) === null ? textOf(recordOf(json)['name']) : null),
  verdict: (answer, { id, outputs }) => {
    const isOwn = (told: string): boolean => isSameOperation(told, id)
    const verdict = googleVerdict(answer, { isOwn, outputsOf: () => [] })
    const response = recordOf(recordOf(answer.json)['response'])
    const isMade = verdict?.kind === 'failed' && listOf(response['videos']).length > 0
    return isMade ? outputs() : verdict
  },
  rehearsal: GOOGLE.rehearsal,
  answerBytesMax: INLINE_BYTES_MAX,
}

const REPLICATE: AnswerTable = {
  rules: REPLICATE_RULES,
  idOf: (answer) => replicateOperation(answer)?.providerTaskId ?? null,
  verdict: (answer, { id }) => replicateVerdict(answer, id),
  rehearsal: { id: MADE_UP.id, status: 'starting', urls: { get: MADE_UP.url } },
}

/** The place of the result is asked, which says of a job that runs that it is not there yet. */
function falVerdict(answer: UpstreamAnswer, { id }: Look): Verdict | null {
  const queued = answer.status === 202 ? falStatus(answer, id) : null
  return queued === null || queued.kind === 'completed' ? falResult(answer, null) : queued
}

const FAL: AnswerTable = {
  rules: FAL_RULES,
  idOf: ({ json }) => textOf(recordOf(json)['request_id']),
  verdict: falVerdict,
}

const BLACK_FOREST_LABS: AnswerTable = wordTable({
  statuses: {
    Pending: 'running',
    Ready: 'done',
    Error: 'failed',
    Failed: 'failed',
    'Request Moderated': 'moderated',
    'Content Moderated': 'moderated',
    'Task not found': 'gone',
  },
  statusOf: ({ status, state }) => status ?? state,
  idOf: ({ id }) => id,
  progressOf: ({ progress }) => (numberOf(progress) ?? Number.NaN) * 100,
  errorOf: ({ details }) => ({ message: isRecord(details) ? JSON.stringify(details) : details }),
  rehearsal: { id: MADE_UP.id, polling_url: MADE_UP.url },
})

/** Its jobs carry no id in answers. Its warnings come from its server, so nothing can be rehearsed. */
const GATEWAY: AnswerTable = {
  ...wordTable({
    statuses: { pending: 'running', completed: 'done', error: 'failed', cancelled: 'cancelled' },
    statusOf: ({ status }) => status,
    errorOf: ({ error }) => (isRecord(error) ? error : { message: error }),
  }),
  answerBytesMax: INLINE_BYTES_MAX,
}

const veo = (optionsKey: string, generateAudio: RequestWords['generateAudio']): RequestWords => ({
  ...PLAIN_WORDS,
  optionsKey,
  tier: 'wide_pixels',
  negativePrompt: 'negativePrompt',
  generateAudio,
  lacks: [],
})

/** By the names that the models give themselves. */
const TABLES: Readonly<Record<string, ProviderTable>> = {
  xai: {
    answers: XAI,
    words: {
      ...PLAIN_WORDS,
      optionsKey: 'xai',
      tier: { option: 'resolution' },
      lacks: ['negative_prompt', 'seed'],
    },
  },
  minimax: {
    answers: MINIMAX,
    words: {
      ...PLAIN_WORDS,
      optionsKey: 'minimax',
      tier: { option: 'resolution', isUpperCase: true },
      generateAudio: null,
      lacks: ['negative_prompt', 'seed'],
    },
  },
  'black-forest-labs': {
    answers: BLACK_FOREST_LABS,
    words: {
      ...PLAIN_WORDS,
      optionsKey: 'blackForestLabs',
      tier: 'wide_pixels',
      references: false,
      lacks: ['negative_prompt', 'seed'],
    },
  },
  gateway: { answers: GATEWAY, words: PLAIN_WORDS },
  alibaba: {
    answers: ALIBABA,
    words: {
      ...PLAIN_WORDS,
      optionsKey: 'alibaba',
      tier: 'wide_pixels',
      negativePrompt: 'negativePrompt',
      lacks: [],
    },
  },
  'google.generative-ai': { answers: GOOGLE, words: veo('google', null) },
  'google.vertex': { answers: VERTEX, words: veo('googleVertex', 'field') },
  replicate: {
    answers: REPLICATE,
    words: {
      ...PLAIN_WORDS,
      optionsKey: 'replicate',
      tier: { option: 'resolution' },
      negativePrompt: 'negative_prompt',
      generateAudio: { option: 'generate_audio' },
      lastFrame: false,
      references: false,
      lacks: [],
    },
  },
  fal: {
    answers: FAL,
    words: {
      ...PLAIN_WORDS,
      optionsKey: 'fal',
      tier: { option: 'resolution' },
      sizes: false,
      negativePrompt: 'negativePrompt',
      generateAudio: { option: 'generate_audio' },
      lastFrame: false,
      references: false,
      lacks: [],
    },
  },
}

/** What is known of the provider that a model names, as in `xai.video`. */
export function tableOf(provider: string): ProviderTable {
  const name = Object.keys(TABLES).find((known) => provider === known || provider.startsWith(`${known}.`))
  const table = name === undefined ? undefined : TABLES[name]
  if (table !== undefined) return table
  return { answers: null, words: { ...PLAIN_WORDS, optionsKey: provider.split('.', 1)[0] ?? provider } }
}
