import { endpointPurpose } from '../webhooks/webhook-secret.ts'
import { projectOf, type Exchange } from './exchange.ts'
import { viewEndpoint } from './endpoints.ts'
import { endpointNotFound, findEndpoint } from './find-endpoint.ts'
import { liveSecrets } from './live-secrets.ts'
import { newSecret, rotationTo } from './new-secret.ts'
import { readOptionalJson } from './read-optional-json.ts'
import { secretAnswer } from './secret-answer.ts'
import { secretRotateSchema } from './webhook-schemas.ts'

/** `GET /v1/endpoints/{id}/secret`: all that sign now, the newest first. */
export async function listEndpointSecrets(exchange: Exchange): Promise<Response> {
  const { id, secrets } = await findEndpoint(exchange)
  return secretAnswer({ object: 'list', data: liveSecrets(exchange.shared, secrets, endpointPurpose(id)) })
}

/** `POST /v1/endpoints/{id}/rotate-secret`: the answer has the new one. */
export async function rotateEndpointSecret(exchange: Exchange): Promise<Response> {
  const { overlap } = await readOptionalJson(exchange, secretRotateSchema, {})
  const endpoint = await findEndpoint(exchange)
  const secret = newSecret(exchange.shared, endpointPurpose(endpoint.id))
  const { webhooks } = exchange.shared.store
  const rotation = rotationTo(secret, overlap)
  const rotated = await webhooks.rotateEndpointSecret(projectOf(exchange), endpoint.id, rotation)
  if (rotated === undefined) throw endpointNotFound()
  return secretAnswer({ ...(await viewEndpoint(exchange, endpoint)), secret: secret.plain })
}
