import type { UpstreamAnswer } from './upstream.ts'
import { sentenceOf, type ProviderError } from './provider-error.ts'
import { ProbeUnavailable, type CredentialCheck } from './provider.ts'
import type { TaskApi } from './task-api.ts'

export type AccountCheck = {
  /** Of a question that needs the key and costs nothing. */
  path: string
  /** Whether this is what the provider answers when the key is good. */
  isGood: (answer: UpstreamAnswer) => boolean
  readError: (json: unknown) => ProviderError | null
}

/** A dry check of credentials with a question that costs nothing. */
export async function checkAccount(
  api: TaskApi,
  { path, isGood, readError }: AccountCheck,
  signal: AbortSignal,
): Promise<CredentialCheck> {
  const read = (answer: UpstreamAnswer): CredentialCheck | null => {
    if (isGood(answer)) return { ok: true, detail: 'credentials accepted' }
    const error = readError(answer.json)
    return error === null ? null : { ok: false, detail: `${sentenceOf(error)} (HTTP ${answer.status})` }
  }
  try {
    return await api.ask({ path }, read, signal)
  } catch (error) {
    if (error instanceof ProbeUnavailable) return { ok: false, detail: error.message }
    throw error
  }
}
