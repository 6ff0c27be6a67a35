import { adoptVideo, type VideoAdoptParams } from './adopt-video.ts'
import { listCallbacks, type CallbackPageOptions } from './list-callbacks.ts'
import { isRecord } from './json.ts'
import type { VideoCreateParams } from './create-body.ts'
import { createVideo, type CreateOptions, type CreateSettings } from './create-video.ts'
import { listDeliveries, type DeliveryPageOptions } from './deliveries-client.ts'
import { downloadVideo, type DownloadOptions } from './download.ts'
import { VideoFailedError } from './errors.ts'
import type { Download } from './open-file.ts'
import { retrieveVideo, videoPath, type RetrieveOptions } from './retrieve-video.ts'
import type { Transport } from './transport.ts'
import { videoFromAnswer, type ReceivedVideo } from './video-from-answer.ts'
import { followTimeline, readTimeline, type EventsOptions } from './video-events.ts'
import { listAllVideos, listVideos, type ListOptions, type ReceivedVideoPage } from './video-list.ts'
import { waitForVideo, type WaitOptions } from './wait.ts'
import { watchVideo, type WatchOptions } from './watch-video.ts'
import type { CallbackPage, DeliveryPage, TimelineEntry } from './webhook-wire.ts'
import type { VideoDeleted } from './wire.ts'

export type CallOptions = { signal?: AbortSignal | undefined }

export interface VideosClient {
  /**
   * Starts a video and resolves as soon as the task exists. Retried after a failure in doubt (lost
   * connection, timeout, 5xx) only when the server is known to honour `Idempotency-Key`, see
   * `ClientOptions.idempotentCreate`; otherwise only after 429 and after a connection that was never
   * established. The error carries the key that was used.
   */
  create(params: VideoCreateParams, options?: CreateOptions): Promise<ReceivedVideo>
  /**
   * Makes a video of a job that was made elsewhere: it is followed and archived like all others. Nothing is sent to the
   * provider that costs money. Reelay gateways only; the key needs the admin scope.
   */
  adopt(params: VideoAdoptParams, options?: CreateOptions): Promise<ReceivedVideo>
  retrieve(id: string, options?: RetrieveOptions): Promise<ReceivedVideo>
  /** One page. */
  list(options?: ListOptions): Promise<ReceivedVideoPage>
  /** Every video, page after page as it is read; `limit` is the page size. */
  listAll(options?: ListOptions): AsyncGenerator<ReceivedVideo, void, undefined>
  /**
   * Removes the video and its files; stops it first, as far as the provider allows, when it is still being
   * made.
   */
  delete(id: string, options?: CallOptions): Promise<VideoDeleted>
  /** Stops a video that is being made. One that has ended is answered unchanged. */
  cancel(id: string, options?: CallOptions): Promise<ReceivedVideo>
  /**
   * The file of a completed video, or its thumbnail or spritesheet, as a stream. Refuses an answer that is no
   * file.
   */
  download(id: string, options?: DownloadOptions): Promise<Download>
  /**
   * Resolves with the video once it has ended: completed, failed or error alike. Rejects only when that could
   * not be learned. At least 500 ms pass between two requests in every case.
   */
  wait(id: string, options?: WaitOptions): Promise<ReceivedVideo>
  /**
   * The video as it is, and again whenever its status or progress changes, up to its end: completed, failed or error alike.
   * A Reelay gateway tells changes as they happen; other servers are asked, as by `wait`. Leaving the loop ends it.
   */
  watch(id: string, options?: WatchOptions): AsyncGenerator<ReceivedVideo, void, undefined>
  /**
   * `create`, then `wait`.
   * @throws VideoFailedError, with the video in it, unless the video is completed
   */
  createAndWait(params: VideoCreateParams, options?: CreateOptions & WaitOptions): Promise<ReceivedVideo>
  /** Its webhooks: one page, the newest first. Reelay gateways only. */
  deliveries(id: string, options?: DeliveryPageOptions): Promise<DeliveryPage>
  /** Everything that happened to it, the oldest first. Reelay gateways only. */
  timeline(id: string, options?: CallOptions): Promise<TimelineEntry[]>
  /** The same, and then what happens, up to its end. Leaving the loop ends it. Reelay gateways only. */
  events(id: string, options?: EventsOptions): AsyncGenerator<TimelineEntry, void, undefined>
  /** What its provider sent about it, as it came: one page. Reelay gateways only; the key needs the admin scope. */
  callbacks(id: string, options?: CallbackPageOptions): Promise<CallbackPage>
}

export function createVideosClient(transport: Transport, settings: CreateSettings): VideosClient {
  return {
    create: (params, options = {}) => createVideo(transport, settings, params, options),
    adopt: (params, options = {}) => adoptVideo(transport, settings, params, options),
    retrieve: async (id, options = {}) => (await retrieveVideo(transport, id, options)).video,
    list: (options = {}) => listVideos(transport, options),
    listAll: (options = {}) => listAllVideos(transport, options),
    delete: (id, options = {}) => deleteVideo(transport, id, options),
    cancel: (id, options = {}) => cancelVideo(transport, id, options),
    download: (id, options = {}) => downloadVideo(transport, id, options),
    wait: (id, options = {}) => waitForVideo(transport, id, options),
    watch: (id, options = {}) => watchVideo(transport, id, options),
    createAndWait: async (params, options = {}) => {
      const created = await createVideo(transport, settings, params, options)
      const ended = await waitForVideo(transport, created.id, options, created)
      if (ended.status !== 'completed') throw new VideoFailedError(ended)
      return ended
    },
    deliveries: async (id, options = {}) => listDeliveries(transport, videoPath(id, '/deliveries'), options),
    timeline: (id, { signal } = {}) => readTimeline(transport, id, signal),
    events: (id, options = {}) => followTimeline(transport, id, options),
    callbacks: (id, options = {}) => listCallbacks(transport, id, options),
  }
}

// Some servers answer 204, some the task object with the status "deleted".
async function deleteVideo(transport: Transport, id: string, options: CallOptions): Promise<VideoDeleted> {
  const { body } = await transport.request({
    method: 'DELETE',
    path: videoPath(id),
    headers: { accept: 'application/json' },
    signal: options.signal,
  })
  return { id, object: 'video.deleted', deleted: !isRecord(body) || body['deleted'] !== false }
}

async function cancelVideo(transport: Transport, id: string, options: CallOptions): Promise<ReceivedVideo> {
  const answer = await transport.request({
    method: 'POST',
    path: videoPath(id, '/cancel'),
    headers: { accept: 'application/json' },
    signal: options.signal,
  })
  return videoFromAnswer(answer)
}
