import { healthz, readyz } from './health.ts'
import { receiveCallback } from './hooks.ts'
import { inputContent } from './input-content.ts'
import { metrics } from './metrics.ts'
import { answers, file, json, query, type Route } from './route.ts'
import { ADMINISTRATION_ROUTES } from './routes-administration.ts'
import { EVENT_ROUTES } from './routes-events.ts'
import { VIDEO_ROUTES } from './routes-videos.ts'
import { WEBHOOK_ROUTES } from './routes-webhooks.ts'
import * as schemas from './schemas.ts'

const WITHOUT_KEY: NonNullable<Route['doc']['security']> = [{}]

const operation: readonly Route[] = [
  {
    method: 'GET',
    path: '/v1/inputs/:id',
    access: 'open',
    handler: inputContent,
    doc: {
      summary: 'Download an input file',
      description: 'By a signed link, for providers that take only URLs, until its video has ended.',
      parameters: [query('exp', 'Unix seconds.'), query('sig', 'The signature.')],
      security: WITHOUT_KEY,
      responses: file('The file.', [
        'image/png',
        'image/jpeg',
        'image/webp',
        'image/gif',
        'video/mp4',
        'video/quicktime',
        'video/webm',
      ]),
    },
  },
  {
    method: 'POST',
    path: '/hooks/:provider/:token',
    access: 'open',
    handler: receiveCallback,
    doc: {
      summary: 'Receive a callback of a provider',
      description:
        'At the address that the provider was given with a job. Whatever arrives is kept, up to 2 MiB, and makes the gateway ' +
        'look at the job; it is never believed.',
      security: WITHOUT_KEY,
      responses: {
        200: { description: 'It is kept.', content: { 'text/plain': { schema: { type: 'string' } } } },
        default: { description: 'An error.', content: json(schemas.errorSchema) },
      },
    },
  },
  {
    method: 'GET',
    path: '/healthz',
    access: 'open',
    handler: healthz,
    doc: {
      summary: 'Whether the process answers',
      security: WITHOUT_KEY,
      responses: answers('It does.', schemas.healthSchema),
    },
  },
  {
    method: 'GET',
    path: '/metrics',
    access: 'open',
    handler: metrics,
    doc: {
      summary: 'Figures for Prometheus',
      description:
        'With the token that was set for it or with a key that administers the gateway; without either on the machine of a ' +
        'gateway that serves only that.',
      security: [{}, { bearer: [] }],
      responses: {
        200: { description: 'The figures.', content: { 'text/plain': { schema: { type: 'string' } } } },
        default: { description: 'An error.', content: json(schemas.errorSchema) },
      },
    },
  },
  {
    method: 'GET',
    path: '/readyz',
    access: 'open',
    handler: readyz,
    doc: {
      summary: 'Whether the process can do its work',
      description: 'An administrator of the gateway sees the details.',
      security: WITHOUT_KEY,
      responses: {
        ...answers('It can.', schemas.readinessSchema),
        503: { description: 'It cannot.', content: json(schemas.readinessSchema) },
      },
    },
  },
]

/** What a process answers that only works on tasks: for its operator, and for providers that call back. */
export const OPERATION_ROUTES: readonly Route[] = operation.filter(({ path }) => !path.startsWith('/v1/'))

/** Everything that the API answers, in the order in which its document shows it. */
export const ROUTES: readonly Route[] = [
  ...VIDEO_ROUTES,
  ...EVENT_ROUTES,
  ...WEBHOOK_ROUTES,
  ...ADMINISTRATION_ROUTES,
  ...operation,
]
