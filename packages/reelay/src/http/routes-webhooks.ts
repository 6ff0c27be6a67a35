import { listDeliveries, listVideoDeliveries, resendDelivery, retrieveDelivery } from './deliveries.ts'
import { listEndpointSecrets, rotateEndpointSecret } from './endpoint-secrets.ts'
import { resendToEndpoint, testEndpoint } from './endpoint-sends.ts'
import {
  createEndpoint,
  deleteEndpoint,
  listEndpoints,
  retrieveEndpoint,
  updateEndpoint,
} from './endpoints.ts'
import { listProjectSecrets, rotateProjectSecret } from './project-secret.ts'
import { answers, json, query, type Route } from './route.ts'
import * as schemas from './webhook-schemas.ts'

const page = [
  query('limit', '1 to 100; 20 when absent.'),
  query('after', 'The last_id of the page before.'),
  query('status', 'Only deliveries with this status.', schemas.DELIVERY_STATES),
]

const endpoints: readonly Route[] = [
  {
    method: 'POST',
    path: '/v1/endpoints',
    access: 'admin',
    handler: createEndpoint,
    doc: {
      summary: 'Create a webhook endpoint',
      description: 'It hears of all videos of the project. At most 20 for each project.',
      requestBody: { required: true, content: json(schemas.endpointCreateSchema) },
      responses: answers('The endpoint, with its secret.', schemas.endpointSchema),
    },
  },
  {
    method: 'GET',
    path: '/v1/endpoints',
    access: 'admin',
    handler: listEndpoints,
    doc: {
      summary: 'List webhook endpoints',
      responses: answers('All of the project, the oldest first.', schemas.endpointListSchema),
    },
  },
  {
    method: 'GET',
    path: '/v1/endpoints/:id',
    access: 'admin',
    handler: retrieveEndpoint,
    doc: {
      summary: 'Retrieve a webhook endpoint',
      responses: answers('The endpoint and how it fares.', schemas.endpointSchema),
    },
  },
  {
    method: 'PATCH',
    path: '/v1/endpoints/:id',
    access: 'admin',
    handler: updateEndpoint,
    doc: {
      summary: 'Change a webhook endpoint',
      description:
        'What is not named stays. Disabling cancels what waits for it; a new url, or enabling it, starts with a clean record.',
      requestBody: { required: true, content: json(schemas.endpointUpdateSchema) },
      responses: answers('The endpoint.', schemas.endpointSchema),
    },
  },
  {
    method: 'DELETE',
    path: '/v1/endpoints/:id',
    access: 'admin',
    handler: deleteEndpoint,
    doc: {
      summary: 'Delete a webhook endpoint',
      description: 'Cancels what waits for it.',
      responses: answers('It is deleted.', schemas.endpointDeletedSchema),
    },
  },
  {
    method: 'GET',
    path: '/v1/endpoints/:id/secret',
    access: 'admin',
    handler: listEndpointSecrets,
    doc: {
      summary: 'Read the secrets of a webhook endpoint',
      responses: answers('All that sign now, the newest first.', schemas.secretListSchema),
    },
  },
  {
    method: 'POST',
    path: '/v1/endpoints/:id/rotate-secret',
    access: 'admin',
    handler: rotateEndpointSecret,
    doc: {
      summary: 'Rotate the secret of a webhook endpoint',
      description: 'Until the overlap is over, deliveries carry a signature of each.',
      requestBody: { required: false, content: json(schemas.secretRotateSchema) },
      responses: answers('The endpoint, with the new secret.', schemas.endpointSchema),
    },
  },
  {
    method: 'POST',
    path: '/v1/endpoints/:id/test',
    access: 'admin',
    handler: testEndpoint,
    doc: {
      summary: 'Send a test event to a webhook endpoint',
      description: 'Its type is webhook.test. GET /v1/deliveries/{id} says what came of it.',
      responses: answers('The delivery, on its way.', schemas.deliverySchema),
    },
  },
  {
    method: 'POST',
    path: '/v1/endpoints/:id/resend',
    access: 'admin',
    handler: resendToEndpoint,
    doc: {
      summary: 'Send again what did not reach a webhook endpoint',
      description: 'Everything exhausted or cancelled since then, at most 10000 for each call.',
      requestBody: { required: true, content: json(schemas.endpointResendSchema) },
      responses: answers('How many are on their way again.', schemas.resendSchema),
    },
  },
]

const deliveries: readonly Route[] = [
  {
    method: 'GET',
    path: '/v1/deliveries',
    access: 'admin',
    handler: listDeliveries,
    doc: {
      summary: 'List webhook deliveries',
      parameters: [
        ...page,
        query('endpoint', 'Only deliveries to this endpoint.'),
        query('video', 'Only deliveries about this video.'),
      ],
      responses: answers('One page, the newest first.', schemas.deliveryPageSchema),
    },
  },
  {
    method: 'GET',
    path: '/v1/deliveries/:id',
    access: 'admin',
    handler: retrieveDelivery,
    doc: {
      summary: 'Retrieve a webhook delivery',
      responses: answers('The delivery, with every attempt.', schemas.deliverySchema),
    },
  },
  {
    method: 'POST',
    path: '/v1/deliveries/:id/resend',
    access: 'admin',
    handler: resendDelivery,
    doc: {
      summary: 'Send a webhook delivery again',
      description: 'With the same event id, through the whole schedule. Not while it is pending.',
      responses: answers('The delivery, pending.', schemas.deliverySchema),
    },
  },
  {
    method: 'GET',
    path: '/v1/videos/:id/deliveries',
    access: 'read',
    handler: listVideoDeliveries,
    doc: {
      summary: 'List the webhook deliveries of a video',
      parameters: page,
      responses: answers('One page, the newest first.', schemas.deliveryPageSchema),
    },
  },
]

const projectSecrets: readonly Route[] = [
  {
    method: 'GET',
    path: '/v1/projects/:id/webhook-secret',
    access: 'admin',
    handler: listProjectSecrets,
    doc: {
      summary: 'Read the secrets that sign callback_url deliveries',
      description: 'Of the own project; keys of the default project reach all.',
      responses: answers('All that sign now, the newest first.', schemas.secretListSchema),
    },
  },
  {
    method: 'POST',
    path: '/v1/projects/:id/rotate-webhook-secret',
    access: 'admin',
    handler: rotateProjectSecret,
    doc: {
      summary: 'Rotate the secret that signs callback_url deliveries',
      requestBody: { required: false, content: json(schemas.secretRotateSchema) },
      responses: answers('The new secret.', schemas.secretSchema),
    },
  },
]

/** Webhooks: where they go, what came of them, and what they are signed with. */
export const WEBHOOK_ROUTES: readonly Route[] = [...endpoints, ...deliveries, ...projectSecrets]
