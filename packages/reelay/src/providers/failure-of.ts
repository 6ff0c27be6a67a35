import type { ProviderFailure } from '../task/verdict.ts'
import { isInputFault, isModeration, sentenceOf, type ProviderError } from './provider-error.ts'

/** Why a job failed, by the provider's own error; null when it gave none. */
export function failureOf(error: ProviderError | null): { code: ProviderFailure; detail: string } {
  if (error === null) return { code: 'provider_failed', detail: 'The provider gave no reason.' }
  const detail = sentenceOf(error)
  if (isModeration(error)) return { code: 'moderation_blocked', detail }
  return { code: isInputFault(error) ? 'invalid_input' : 'provider_failed', detail }
}
