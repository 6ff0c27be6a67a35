import type { Task } from '../task/task.ts'
import { invalidValue } from './api-error.ts'
import { EVENT_STREAM_HEADERS, EventStream, wantsEventStream } from './event-stream.ts'
import { profileOf, projectOf, VARY, type Exchange } from './exchange.ts'
import { ProjectEvents } from './project-events.ts'
import { TaskView } from './task-view.ts'

/** `GET /v1/events`: the videos of the caller's project whenever one changes. */
export function streamProjectEvents(exchange: Exchange): Response {
  const { shared, request } = exchange
  requireEventStream(request.headers.get('accept'))
  const projectId = projectOf(exchange)
  const sinceMs = sinceOf(request.headers.get('last-event-id'))
  const headers = { ...EVENT_STREAM_HEADERS, vary: `${VARY}, accept` }
  shared.streams.requireRoom(projectId)
  // Without a body to read, nobody would ever let go of it.
  if (request.method === 'HEAD') return new Response(null, { headers })
  return new Response(open(exchange, projectId, sinceMs), { headers })
}

function open(exchange: Exchange, projectId: string, sinceMs: number | null): ReadableStream<Uint8Array> {
  const { shared } = exchange
  const { store, settings, clock, changes, streams, log } = shared
  const viewOf = async (task: Task): Promise<TaskView> => {
    const isShown = task.state === 'completed' && task.deletedAtMs === null
    const artifacts = isShown ? await store.artifacts(task.id) : []
    return new TaskView({ task, artifacts, entries: [], seq: undefined, settings, clock })
  }
  const releasing: (() => void)[] = []
  const events = new ProjectEvents({
    store,
    profile: profileOf(exchange),
    projectId,
    sinceMs,
    nowMs: clock.nowMs(),
    viewOf,
    release: () => {
      for (const release of releasing.splice(0)) release()
    },
  })
  const stream = new EventStream(events, log)
  releasing.push(streams.add(projectId, stream))
  const unwatch = changes.watchProject(projectId, {
    changed: (view) => {
      events.changed(view)
      stream.notify()
    },
    lost: () => {
      events.lost()
      stream.notify()
    },
  })
  releasing.push(unwatch)
  return stream.body
}

/** A client that expects an answer with an end would wait for it for ever. @throws ApiError `invalid_value` */
function requireEventStream(accept: string | null): void {
  if (wantsEventStream(accept)) return
  throw invalidValue('Accept', 'There are only event streams here: send Accept: text/event-stream.')
}

/** @throws ApiError `invalid_value` */
function sinceOf(lastEventId: string | null): number | null {
  if (lastEventId === null || lastEventId === '') return null
  if (/^\d{13}$/.test(lastEventId)) return Number(lastEventId)
  throw invalidValue(
    'Last-Event-ID',
    'Last-Event-ID must be the id of an event of this stream. Leave it out to begin now.',
  )
}
