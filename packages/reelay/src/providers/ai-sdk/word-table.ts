import { isRecord, numberOf, recordOf, textOf, type JsonRecord } from '../../system/json.ts'
import type { ProviderFailure, Verdict } from '../../task/verdict.ts'
import { PLAIN_RULES } from '../classify-submit.ts'
import { failureOf } from '../failure-of.ts'
import { readProviderError, type ProviderError } from '../provider-error.ts'
import type { AnswerTable } from './answer-table.ts'

/** What a word of a provider's status means. */
export type AiSdkMeaning =
  | 'waiting'
  | 'running'
  | 'done'
  | 'failed'
  | 'moderated'
  | 'cancelled'
  | 'expired'
  /** The provider has no such job. Believed only after a while, and when it is said twice. */
  | 'gone'

/** How the status bodies of a provider are read that the bridge does not know. */
export type AiSdkTable = {
  /** Its words, in any case, and what they mean. A word that is not here is not guessed: the task goes on. */
  statuses: Readonly<Record<string, AiSdkMeaning>>
  /** The word in the body of an answer. */
  statusOf: (body: Readonly<Record<string, unknown>>) => unknown
  /**
   * The job's id, in the body of a create and of an answer about it. Bodies without one may leave it
   * undefined.
   */
  idOf?: (body: Readonly<Record<string, unknown>>) => unknown
  /** How far it is, in percent. */
  progressOf?: (body: Readonly<Record<string, unknown>>) => unknown
  /** Why it failed. */
  errorOf?: (
    body: Readonly<Record<string, unknown>>,
  ) => { code?: unknown; message?: unknown } | null | undefined
  /** A create's answer, made up: with it the model says what it would ignore before anything is sent. */
  rehearsal?: Readonly<Record<string, unknown>>
}

const STATUS_CHARACTERS_MAX = 80

function errorIn(body: JsonRecord, { errorOf }: AiSdkTable): ProviderError | null {
  if (errorOf === undefined) return readProviderError(body)
  const { code, message } = recordOf(errorOf(body))
  return readProviderError({ error: { code, message } })
}

const named = (code: ProviderFailure, error: ProviderError | null, otherwise: string): Verdict => ({
  kind: 'failed',
  code,
  detail: error === null ? otherwise : failureOf(error).detail,
})

function running(body: JsonRecord, table: AiSdkTable): Verdict {
  const percent = numberOf(table.progressOf?.(body))
  if (percent === null) return { kind: 'running' }
  return { kind: 'running', progress: Math.min(99, Math.max(0, Math.floor(percent))) }
}

function verdictOf(
  meaning: AiSdkMeaning,
  body: JsonRecord,
  table: AiSdkTable,
  outputs: () => Verdict,
): Verdict {
  const error = errorIn(body, table)
  switch (meaning) {
    case 'waiting':
      return { kind: 'waiting' }
    case 'running':
      return running(body, table)
    case 'done':
      return outputs()
    case 'failed':
      return { kind: 'failed', ...failureOf(error) }
    case 'moderated':
      return named('moderation_blocked', error, 'The provider says that the job was held back by moderation.')
    case 'cancelled':
      return named('provider_cancelled', error, 'The provider says that the job was cancelled.')
    case 'expired':
      return named('provider_expired', error, 'The provider says that the job expired.')
    case 'gone':
      return { kind: 'gone' }
  }
}

/** The reader of a provider's answers, made of its words. */
export function wordTable(table: AiSdkTable): AnswerTable {
  const meanings = new Map(
    Object.entries(table.statuses).map(([word, meaning]) => [word.trim().toLowerCase(), meaning]),
  )
  const idIn = (body: JsonRecord): string | null => textOf(table.idOf?.(body))
  return {
    rules: PLAIN_RULES,
    ...(table.idOf === undefined ? {} : { idOf: ({ json }) => (isRecord(json) ? idIn(json) : null) }),
    verdict: ({ json }, { id, outputs }) => {
      if (!isRecord(json) || (idIn(json) ?? id) !== id) return null
      const word = textOf(table.statusOf(json))
      if (word === null) return null
      const meaning = meanings.get(word.trim().toLowerCase())
      if (meaning === undefined) return { kind: 'unrecognised', status: word.slice(0, STATUS_CHARACTERS_MAX) }
      return verdictOf(meaning, json, table, outputs)
    },
    ...(table.rehearsal === undefined ? {} : { rehearsal: table.rehearsal }),
  }
}
