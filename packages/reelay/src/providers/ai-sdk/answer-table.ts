import type { LackedParameter } from '@reelay/sdk'
import type { Verdict } from '../../task/verdict.ts'
import type { RefusalRules } from '../classify-submit.ts'
import type { UpstreamAnswer } from '../upstream.ts'

/** What a table is told besides the answer. */
export type Look = {
  /** The job's id, as it was stored. */
  id: string
  /** What the model itself made of a job that is done: where its bytes are. */
  outputs: () => Verdict
}

/** How the raw answers of one provider are read. Closed: a word that it does not have is not guessed. */
export type AnswerTable = {
  rules: RefusalRules
  /**
   * The job that a create's answer tells of; null when it tells of none. Absent: only the model's operation
   * tells it.
   */
  idOf?: (answer: UpstreamAnswer) => string | null
  /** What an answer says of a job; null when it is not the provider's word on it. */
  verdict: (answer: UpstreamAnswer, look: Look) => Verdict | null
  /**
   * A create's answer, made up: with it a start can be rehearsed. Absent: its warnings come after the
   * request.
   */
  rehearsal?: unknown
  /** Answers that hold a whole video are longer than others. */
  answerBytesMax?: number
  /** Headers that prove who we are, without which its links answer nothing. */
  downloadHeaders?: readonly string[]
}

/** How one provider's model wants to be told what the SDK has no field for, or ignores in silence. */
export type RequestWords = {
  /** Under which `providerOptions` has its options. */
  optionsKey: string
  /**
   * How a tier such as `720p` is said: as the pixels of that tier at 16:9 whatever the ratio, since its
   * model looks them up in a table; as the pixels of the tier at the ratio; or in an option.
   */
  tier: 'wide_pixels' | 'pixels' | { option: string; isUpperCase?: boolean }
  /** Whether pixels reach the provider. */
  sizes: boolean
  /** The option for it; null: there is none. */
  negativePrompt: string | null
  /** `field` is the SDK's own. Null: there is none. */
  generateAudio: 'field' | { option: string } | null
  lastFrame: boolean
  references: boolean
  lacks: readonly LackedParameter[]
}

export type ProviderTable = { answers: AnswerTable | null; words: RequestWords }
