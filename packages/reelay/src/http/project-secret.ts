import type { WebhookSecret } from '@reelay/sdk'
import { projectPurpose } from '../webhooks/webhook-secret.ts'
import { requireAdministered } from './administers.ts'
import type { Exchange } from './exchange.ts'
import { liveSecrets } from './live-secrets.ts'
import { newSecret, rotationTo } from './new-secret.ts'
import { readOptionalJson } from './read-optional-json.ts'
import { secretAnswer } from './secret-answer.ts'
import { unixSeconds } from './unix-seconds.ts'
import { secretRotateSchema } from './webhook-schemas.ts'

/** `GET /v1/projects/{id}/webhook-secret`: what signs `callback_url` deliveries, the newest first. Made when there is none. */
export async function listProjectSecrets(exchange: Exchange): Promise<Response> {
  const projectId = await reachedProject(exchange)
  const purpose = projectPurpose(projectId)
  const initial = newSecret(exchange.shared, purpose)
  const secrets = await exchange.shared.store.webhooks.ensureProjectSecrets(projectId, initial.sealed)
  return secretAnswer({ object: 'list', data: liveSecrets(exchange.shared, secrets, purpose) })
}

/** `POST /v1/projects/{id}/rotate-webhook-secret`: answers the new one. */
export async function rotateProjectSecret(exchange: Exchange): Promise<Response> {
  const { overlap } = await readOptionalJson(exchange, secretRotateSchema, {})
  const projectId = await reachedProject(exchange)
  const secret = newSecret(exchange.shared, projectPurpose(projectId))
  await exchange.shared.store.webhooks.rotateProjectSecret(projectId, rotationTo(secret, overlap))
  const body: WebhookSecret = {
    object: 'webhook_secret',
    secret: secret.plain,
    created_at: unixSeconds(secret.sealed.createdAtMs),
    expires_at: null,
  }
  return secretAnswer(body)
}

/** The project in the path, where the caller administers it. @throws ApiError `project_not_found` */
const reachedProject = async (exchange: Exchange): Promise<string> =>
  (await requireAdministered(exchange, exchange.context.req.param('id') ?? '')).id
