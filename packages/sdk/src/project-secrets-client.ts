import type { RotateParams } from './endpoints-client.ts'
import { jsonCall, listOf, objectOf } from './json-call.ts'
import { pathOfId } from './path-of-id.ts'
import { readSecret } from './read-secret.ts'
import type { Transport } from './transport.ts'
import type { CallOptions } from './videos-client.ts'
import type { WebhookSecret } from './webhook-wire.ts'

/** What signs the deliveries to a `callback_url`: one set of secrets for each project. */
export interface ProjectSecretsClient {
  /** All that sign now, the newest first. The first one is made when there is none. */
  webhookSecrets(projectId: string, options?: CallOptions): Promise<WebhookSecret[]>
  /** Resolves with the new one. */
  rotateWebhookSecret(projectId: string, params?: RotateParams, options?: CallOptions): Promise<WebhookSecret>
}

const PROJECTS = '/v1/projects'

export function createProjectSecretsClient(transport: Transport): ProjectSecretsClient {
  return {
    webhookSecrets: async (projectId, { signal } = {}) => {
      const call = jsonCall('GET', pathOfId(PROJECTS, projectId, '/webhook-secret'), { signal })
      return listOf(await transport.request(call), readSecret, 'a list of signing secrets')
    },
    rotateWebhookSecret: async (projectId, { overlapSeconds } = {}, { signal } = {}) => {
      const path = pathOfId(PROJECTS, projectId, '/rotate-webhook-secret')
      const call = jsonCall('POST', path, { body: { overlap: overlapSeconds }, signal })
      return objectOf(await transport.request(call), readSecret, 'a signing secret')
    },
  }
}
