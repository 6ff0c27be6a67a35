import { resolver, type DescribeRouteOptions } from 'hono-openapi'
import type { z } from 'zod'
import * as admin from './admin-schemas.ts'
import { cancelVideo } from './cancel-video.ts'
import { createFormSchema, createJsonSchema } from './create-schema.ts'
import { createVideo } from './create-video.ts'
import { deleteVideo } from './delete-video.ts'
import type { Access, Handler } from './exchange.ts'
import { healthz, readyz } from './health.ts'
import { inputContent } from './input-content.ts'
import { createKey, listKeys, revokeKey } from './keys.ts'
import { listModels, retrieveModel } from './list-models.ts'
import { listProviders } from './list-providers.ts'
import { listVideos } from './list-videos.ts'
import { createProject, listProjects } from './projects.ts'
import { remixVideo } from './remix-video.ts'
import { retrieveVideo } from './retrieve-video.ts'
import * as schemas from './schemas.ts'
import { videoContent } from './video-content.ts'

/** One thing that the API does. `GET` answers `HEAD` too. */
export type Route = {
  method: 'GET' | 'POST' | 'DELETE'
  /** In Hono's notation. */
  path: string
  access: Access
  handler: Handler
  doc: DescribeRouteOptions
}

type Parameters = NonNullable<DescribeRouteOptions['parameters']>
type Responses = NonNullable<DescribeRouteOptions['responses']>
type Security = NonNullable<DescribeRouteOptions['security']>

const json = (schema: z.ZodType): Record<string, { schema: ReturnType<typeof resolver> }> => ({
  'application/json': { schema: resolver(schema) },
})

const answers = (description: string, schema: z.ZodType): Responses => ({
  200: { description, content: json(schema) },
  default: { description: 'An error.', content: json(schemas.errorSchema) },
})

const file = (description: string, types: readonly string[]): Responses => {
  const content = Object.fromEntries(
    types.map((type) => [type, { schema: { type: 'string' as const, format: 'binary' } }]),
  )
  return {
    200: { description, content },
    206: { description: 'The part that Range asked for.', content },
    default: { description: 'An error.', content: json(schemas.errorSchema) },
  }
}

const header = (name: string, description: string): Parameters[number] => ({
  in: 'header',
  name,
  description,
  schema: { type: 'string' },
})

const query = (name: string, description: string, values?: readonly string[]): Parameters[number] => ({
  in: 'query',
  name,
  description,
  schema: { type: 'string', ...(values === undefined ? {} : { enum: [...values] }) },
})

const WITHOUT_KEY: Security = [{}]

const videos: readonly Route[] = [
  {
    method: 'POST',
    path: '/v1/videos',
    access: 'create',
    handler: createVideo,
    doc: {
      summary: 'Create a video',
      description:
        'Answers as soon as the task is durable. Multipart, JSON and urlencoded bodies mean the same.',
      parameters: [
        header('Idempotency-Key', 'Makes a repeated request answer the first one’s video, for 24 hours.'),
      ],
      requestBody: {
        required: true,
        content: {
          'multipart/form-data': { schema: resolver(createFormSchema) },
          'application/json': { schema: resolver(createJsonSchema) },
          'application/x-www-form-urlencoded': { schema: resolver(createJsonSchema) },
        },
      },
      responses: answers('The video, queued.', schemas.videoSchema),
    },
  },
  {
    method: 'GET',
    path: '/v1/videos',
    access: 'read',
    handler: listVideos,
    doc: {
      summary: 'List videos',
      parameters: [
        query('limit', '1 to 100; 20 when absent.'),
        query('order', 'By time of creation; desc when absent.', ['asc', 'desc']),
        query('after', 'The last_id of the page before.'),
        query('status', 'Only videos with this status.'),
        query('model', 'Only videos of this model, as it was named at creation.'),
      ],
      responses: answers('One page.', schemas.videoPageSchema),
    },
  },
  {
    method: 'GET',
    path: '/v1/videos/:id',
    access: 'read',
    handler: retrieveVideo,
    doc: {
      summary: 'Retrieve a video',
      description: 'While it is under way, Retry-After and openai-poll-after-ms say when to ask again.',
      parameters: [
        header('Prefer', 'wait=N holds the answer until the video changes, at most N (25) seconds.'),
        header('If-None-Match', 'The ETag of an earlier answer: 304 when nothing has changed.'),
      ],
      responses: answers('The video.', schemas.videoSchema),
    },
  },
  {
    method: 'DELETE',
    path: '/v1/videos/:id',
    access: 'create',
    handler: deleteVideo,
    doc: {
      summary: 'Delete a video',
      description: 'Cancels it if it is under way, hides it, and removes its files.',
      responses: answers('It is deleted.', schemas.videoDeletedSchema),
    },
  },
  {
    method: 'GET',
    path: '/v1/videos/:id/content',
    access: 'open',
    handler: videoContent,
    doc: {
      summary: 'Download a video',
      description: 'With an API key, or without one by a signed link (exp and sig) as in video_url.',
      parameters: [
        query('variant', 'video when absent.', ['video', 'thumbnail', 'spritesheet']),
        query('exp', 'Of a signed link: unix seconds.'),
        query('sig', 'Of a signed link.'),
        header('Range', 'One range of bytes.'),
      ],
      security: [{ bearer: [] }, {}],
      responses: file('The file.', [
        'video/mp4',
        'video/quicktime',
        'video/webm',
        'image/jpeg',
        'image/webp',
      ]),
    },
  },
  {
    method: 'POST',
    path: '/v1/videos/:id/cancel',
    access: 'create',
    handler: cancelVideo,
    doc: {
      summary: 'Cancel a video',
      description:
        'The wish is stored; the video ends as failed with the code cancelled. An ended one is left as it is.',
      responses: answers('The video as it is now.', schemas.videoSchema),
    },
  },
  {
    method: 'POST',
    path: '/v1/videos/:id/remix',
    access: 'create',
    handler: remixVideo,
    doc: {
      summary: 'Remix a video',
      description: 'Where the provider offers it.',
      responses: answers('A new video.', schemas.videoSchema),
    },
  },
]

const models: readonly Route[] = [
  {
    method: 'GET',
    path: '/v1/models',
    access: 'read',
    handler: listModels,
    doc: { summary: 'List models', responses: answers('What can be reached now.', schemas.modelListSchema) },
  },
  {
    method: 'GET',
    path: '/v1/models/:id{.+}',
    access: 'read',
    handler: retrieveModel,
    doc: { summary: 'Retrieve a model', responses: answers('The model.', schemas.modelSchema) },
  },
]

const administration: readonly Route[] = [
  {
    method: 'GET',
    path: '/v1/providers',
    access: 'admin',
    handler: listProviders,
    doc: {
      summary: 'List provider accounts',
      description: 'How each account fares, with a check of its credentials that spends nothing.',
      responses: answers(
        'All accounts that are configured or that tasks wait for.',
        admin.providerListSchema,
      ),
    },
  },
  {
    method: 'POST',
    path: '/v1/keys',
    access: 'admin',
    handler: createKey,
    doc: {
      summary: 'Create an API key',
      requestBody: { required: true, content: json(admin.keyCreateSchema) },
      responses: answers('The key, with its secret.', admin.keySchema),
    },
  },
  {
    method: 'GET',
    path: '/v1/keys',
    access: 'admin',
    handler: listKeys,
    doc: {
      summary: 'List API keys',
      parameters: [query('project', 'Only keys of this project.')],
      responses: answers('The live keys.', admin.keyListSchema),
    },
  },
  {
    method: 'DELETE',
    path: '/v1/keys/:id',
    access: 'admin',
    handler: revokeKey,
    doc: { summary: 'Revoke an API key', responses: answers('It is revoked.', admin.keyDeletedSchema) },
  },
  {
    method: 'POST',
    path: '/v1/projects',
    access: 'admin',
    handler: createProject,
    doc: {
      summary: 'Create a project',
      requestBody: { required: true, content: json(admin.projectCreateSchema) },
      responses: answers('The project.', admin.projectSchema),
    },
  },
  {
    method: 'GET',
    path: '/v1/projects',
    access: 'admin',
    handler: listProjects,
    doc: { summary: 'List projects', responses: answers('All projects.', admin.projectListSchema) },
  },
]

const operation: readonly Route[] = [
  {
    method: 'GET',
    path: '/v1/inputs/:id',
    access: 'open',
    handler: inputContent,
    doc: {
      summary: 'Download an input file',
      description: 'By a signed link, for providers that take only URLs.',
      parameters: [query('exp', 'Unix seconds.'), query('sig', 'The signature.')],
      security: WITHOUT_KEY,
      responses: file('The file.', ['image/png', 'image/jpeg', 'image/webp', 'image/gif', 'video/mp4']),
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
    path: '/readyz',
    access: 'open',
    handler: readyz,
    doc: {
      summary: 'Whether the process can do its work',
      description: 'The admin scope sees the details.',
      security: WITHOUT_KEY,
      responses: {
        ...answers('It can.', schemas.readinessSchema),
        503: { description: 'It cannot.', content: json(schemas.readinessSchema) },
      },
    },
  },
]

/** Everything that the API answers, in the order in which its document shows it. */
export const ROUTES: readonly Route[] = [...videos, ...models, ...administration, ...operation]
