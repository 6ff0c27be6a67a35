import { resolver } from 'hono-openapi'
import { adoptSchema } from './adopt-schema.ts'
import { adoptVideo } from './adopt-video.ts'
import { cancelVideo } from './cancel-video.ts'
import { createFormSchema, createJsonSchema } from './create-schema.ts'
import { createVideo } from './create-video.ts'
import { deleteVideo } from './delete-video.ts'
import { listModels, retrieveModel } from './list-models.ts'
import { listVideos } from './list-videos.ts'
import { remixVideo } from './remix-video.ts'
import { retrieveVideo } from './retrieve-video.ts'
import { answers, file, header, json, query, type Route } from './route.ts'
import * as schemas from './schemas.ts'
import { videoContent } from './video-content.ts'

const videos: readonly Route[] = [
  {
    method: 'POST',
    path: '/v1/videos',
    access: 'create',
    act: 'create',
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
      description:
        'With an API key, or without one by a signed link (exp and sig) as in video_url. Where the operator has set it so, ' +
        'the answer is 302 to a short-lived link of the storage.',
      parameters: [
        query('variant', 'video when absent; the layout of spritesheet is in reelay.spritesheet.', [
          'video',
          'thumbnail',
          'spritesheet',
        ]),
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
    path: '/v1/videos/adopt',
    access: 'admin',
    act: 'create',
    handler: adoptVideo,
    doc: {
      summary: 'Adopt a job',
      description:
        'Makes a video of a job that was made elsewhere at a configured provider: it is followed and archived like all others. ' +
        'The job is looked at once, and nothing is sent that costs money.',
      parameters: [
        header('Idempotency-Key', 'Makes a repeated request answer the first one’s video, for 24 hours.'),
      ],
      requestBody: { required: true, content: json(adoptSchema) },
      responses: answers('The video, under way.', schemas.videoSchema),
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
    act: 'create',
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

/** Videos, and the models that make them. */
export const VIDEO_ROUTES: readonly Route[] = [...videos, ...models]
