import { isTerminal } from '../task/state.ts'
import { invalidValue } from './api-error.ts'
import { EVENT_STREAM_HEADERS, EventStream, wantsEventStream } from './event-stream.ts'
import { jsonAnswer, profileOf, projectOf, VARY, type Exchange } from './exchange.ts'
import { findVideo, videoIdOf } from './find-video.ts'
import { TaskEvents, type TaskPlace } from './task-events.ts'
import { TaskView } from './task-view.ts'
import { timelineEntry } from './timeline-entry.ts'

/** `GET /v1/videos/{id}/events`: everything that happened to one of the caller's own videos, and what happens next. */
export async function listVideoEvents(exchange: Exchange): Promise<Response> {
  if (wantsEventStream(exchange.request.headers.get('accept'))) return streamVideoEvents(exchange)
  const task = await findVideo(exchange)
  const entries = await exchange.shared.store.timeline(task.id)
  return jsonAnswer({ object: 'list', data: entries.map(timelineEntry) }, { vary: 'accept' })
}

const STREAM_VARY = `${VARY}, accept`

async function streamVideoEvents(exchange: Exchange): Promise<Response> {
  const { shared, request } = exchange
  const place = placeOf(request.headers.get('last-event-id'))
  shared.streams.requireRoom(projectOf(exchange))
  // Before anything is read: what changes from now on is told.
  const opening = openEvents(exchange, place)
  try {
    const first = await firstView(exchange)
    const headers = { ...EVENT_STREAM_HEADERS, vary: STREAM_VARY }
    // Without a body to read, nobody would ever let go of it.
    if (request.method === 'HEAD') {
      opening.abandon()
      return new Response(null, { headers })
    }
    if (await isAtEnd(exchange, place, first)) {
      opening.abandon()
      // The only answer after which a browser does not come back.
      return new Response(null, { status: 204, headers: { vary: STREAM_VARY } })
    }
    return new Response(opening.begin(first), { headers })
  } catch (error) {
    opening.abandon()
    throw error
  }
}

type Opening = { begin(first: TaskView): ReadableStream<Uint8Array>; abandon(): void }

function openEvents(exchange: Exchange, place: TaskPlace): Opening {
  const { shared } = exchange
  const { store, changes, log } = shared
  let events: TaskEvents | undefined
  let stream: EventStream | undefined
  let early: TaskView | undefined
  let isLost = false
  const unwatch = changes.watchTask(videoIdOf(exchange), {
    isFollower: true,
    changed: (view) => {
      if (events === undefined) early = view
      else events.changed(view)
      stream?.notify()
    },
    lost: () => {
      isLost = true
      stream?.end()
    },
  })
  return {
    begin: (first) => {
      let uncount: (() => void) | undefined
      const release = (): void => {
        unwatch()
        uncount?.()
      }
      events = new TaskEvents({ store, changes, profile: profileOf(exchange), place, first, release })
      if (early !== undefined) events.changed(early)
      stream = new EventStream(events, log)
      uncount = shared.streams.add(projectOf(exchange), stream)
      if (isLost) stream.end()
      return stream.body
    },
    abandon: unwatch,
  }
}

async function firstView(exchange: Exchange): Promise<TaskView> {
  const { settings, clock, store } = exchange.shared
  const task = await findVideo(exchange)
  const artifacts = task.state === 'completed' ? await store.artifacts(task.id) : []
  return new TaskView({ task, artifacts, entries: [], seq: undefined, settings, clock })
}

/** Whether the client has all that there will ever be. */
async function isAtEnd({ shared }: Exchange, place: TaskPlace, { task }: TaskView): Promise<boolean> {
  if (!isTerminal(task.state) || place.version !== task.version) return false
  return (await shared.store.timeline(task.id, { seq: place.seq, limit: 1 })).length === 0
}

/** @throws ApiError `invalid_value` */
function placeOf(lastEventId: string | null): TaskPlace {
  if (lastEventId === null || lastEventId === '') return { seq: 0, version: null }
  const match = /^(\d{1,9})(?:v(\d{1,9}))?$/.exec(lastEventId)
  if (match === null)
    throw invalidValue(
      'Last-Event-ID',
      'Last-Event-ID must be the id of an event of this stream. Leave it out to begin at the start.',
    )
  return { seq: Number(match[1]), version: match[2] === undefined ? null : Number(match[2]) }
}
