import { videoNotFound } from './api-error.ts'
import { jsonAnswer, projectOf, VARY, wishOriginOf, type Exchange } from './exchange.ts'
import { videoIdOf, viewVideo } from './find-video.ts'

/** `POST /v1/videos/{id}/cancel`: stores the wish; the engine acts on it. An ended video is answered as it is. */
export async function cancelVideo(exchange: Exchange): Promise<Response> {
  const task = await exchange.shared.store.requestCancel(
    projectOf(exchange),
    videoIdOf(exchange),
    wishOriginOf(exchange),
  )
  if (task === undefined) throw videoNotFound()
  return jsonAnswer(await viewVideo(exchange, task), { vary: VARY })
}
