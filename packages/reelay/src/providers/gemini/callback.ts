import { googleTokenVerdict, isGoogleToken, type GoogleTokenChecks } from '../../callbacks/google-token.ts'
import type { SignatureVerdict } from '../../callbacks/signature-verdict.ts'
import { standardWebhookVerdict } from '../../callbacks/standard-webhook.ts'
import { recordOf } from '../../system/json.ts'
import { callbackBody, callbackHint, callbackJobId } from '../callback-body.ts'
import type { CallbackReading, RawCallback } from '../provider.ts'
import { isOperationName } from './status.ts'

/** There is no event for failures. */
const ENDED: readonly string[] = ['video.generated']

export type GeminiCallbackChecks = GoogleTokenChecks & {
  /** Of the webhook that the operator made for the project. */
  webhookSecrets: readonly string[]
}

/** Its samples shorten the name to `operations/…`, under which nothing is found: only a whole one can be asked for. */
function jobIn(value: unknown): Pick<CallbackReading, 'operation' | 'job'> {
  const name = callbackJobId(value)
  if (name === null) return { operation: null }
  if (name.startsWith('models/') && isOperationName(name)) return { operation: { providerTaskId: name } }
  return name.startsWith('operations/')
    ? { operation: null, job: { idEnd: `/${name}` } }
    : { operation: null }
}

/** A token where a job's own address was called, a signature with a secret where the project's was. */
async function verdictOf(callback: RawCallback, checks: GeminiCallbackChecks): Promise<SignatureVerdict> {
  return isGoogleToken(callback.headers['webhook-signature'] ?? '')
    ? googleTokenVerdict(callback, checks)
    : standardWebhookVerdict(callback, checks.webhookSecrets, checks.nowMs)
}

/** An event that says little. */
export async function readGeminiCallback(
  callback: RawCallback,
  checks: GeminiCallbackChecks,
): Promise<CallbackReading> {
  const body = callbackBody(callback)
  return {
    verdict: await verdictOf(callback, checks),
    ...jobIn(recordOf(body['data'])['id']),
    hint: callbackHint(body['type'], ENDED),
  }
}
