import { ApiError } from './api-error.ts'
import type { Exchange } from './exchange.ts'
import { findVideo } from './find-video.ts'

/** `POST /v1/videos/{id}/remix`: no configured provider offers it yet. */
export async function remixVideo(exchange: Exchange): Promise<Response> {
  const task = await findVideo(exchange)
  if (task.state !== 'completed') {
    const message = 'Only a completed video can be remixed. Retrieve it until its status is completed.'
    throw new ApiError('video_not_ready', message, { status: 400 })
  }
  const message =
    'The provider of this video offers no remix. What works: create, retrieve, list, content, cancel, delete.'
  throw new ApiError('operation_not_supported', message)
}
