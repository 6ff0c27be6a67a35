import { postKeyed, type CreateOptions, type CreateSettings } from './create-video.ts'
import type { Transport } from './transport.ts'
import type { ReceivedVideo } from './video-from-answer.ts'

/** A job that was made elsewhere, at a provider that the gateway has an account of. */
export type VideoAdoptParams = {
  /** The gateway's account, for instance `runway`. */
  provider: string
  /** The provider's own id of the job. */
  id: string
  /** That the job was made with. Some providers cannot be asked without it. */
  model?: string | undefined
  /** Under which the job was made, where the provider has several. */
  endpoint?: string | undefined
  /** Only shown. */
  prompt?: string | undefined
  /** Echoed in the task object. */
  metadata?: Readonly<Record<string, unknown>> | undefined
  /** Where the server posts the outcome. */
  callback_url?: string | undefined
  /** Whole seconds from now after which the server gives up. */
  deadline?: number | undefined
}

/** Takes a job over; see `VideosClient.adopt`. */
export async function adoptVideo(
  transport: Transport,
  settings: CreateSettings,
  params: VideoAdoptParams,
  options: CreateOptions,
): Promise<ReceivedVideo> {
  const content = JSON.stringify(params)
  const request = {
    path: '/v1/videos/adopt',
    body: () => ({ content, contentType: 'application/json' }),
    timeoutMs: transport.timeoutMs,
  }
  return postKeyed(transport, settings, request, options)
}
