import { answers, EVENTS, eventStream, header, json, query, type Route } from './route.ts'
import { streamProjectEvents } from './stream-project-events.ts'
import { listVideoCallbacks } from './video-callbacks.ts'
import { listVideoEvents } from './video-events.ts'
import * as schemas from './webhook-schemas.ts'

/** What happened, and what happens next. */
export const EVENT_ROUTES: readonly Route[] = [
  {
    method: 'GET',
    path: '/v1/videos/:id/events',
    access: 'read',
    handler: listVideoEvents,
    doc: {
      summary: 'List what happened to a video, or follow it',
      description:
        'With Accept: text/event-stream the timeline so far and then what happens: timeline events with an entry each, video ' +
        'events with the whole object whenever it changes, deleted if it is. The stream ends after the video has. 204 when ' +
        'the client has all that there will ever be.',
      parameters: [
        header('Accept', 'text/event-stream to follow it; JSON otherwise.'),
        header('Last-Event-ID', 'Of a stream: the id of the last event that arrived, to go on behind it.'),
      ],
      responses: {
        ...answers('The whole timeline, the oldest entry first.', schemas.timelineSchema),
        200: {
          description: 'The whole timeline, the oldest entry first; or the stream.',
          content: { ...json(schemas.timelineSchema), ...EVENTS },
        },
        204: { description: 'The stream has nothing more.' },
      },
    },
  },
  {
    method: 'GET',
    path: '/v1/events',
    access: 'read',
    handler: streamProjectEvents,
    doc: {
      summary: 'Follow all videos of the project',
      description:
        'A stream of video events, each with the whole object of a video that changed, and deleted events. It begins now, or ' +
        'where Last-Event-ID says. States may be told twice, and ones that were overtaken are left out.',
      parameters: [
        header('Accept', 'text/event-stream: there is no other form.'),
        header('Last-Event-ID', 'The id of the last event that arrived, to hear what changed since.'),
      ],
      responses: eventStream('The stream.'),
    },
  },
  {
    method: 'GET',
    path: '/v1/videos/:id/callbacks',
    access: 'admin',
    handler: listVideoCallbacks,
    doc: {
      summary: 'List what the provider sent about a video',
      description: 'As it came, whatever its signature says. Bodies of a page have at most 4 MiB together.',
      parameters: [
        query('limit', '1 to 20; 10 when absent.'),
        query('after', 'The last_id of the page before.'),
      ],
      responses: answers('One page, the oldest first.', schemas.callbackPageSchema),
    },
  },
]
