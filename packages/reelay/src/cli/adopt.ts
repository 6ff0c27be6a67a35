import type { VideoAdoptParams } from '@reelay/sdk'
import type { ExitCode } from './exit-code.ts'
import type { Io } from './io.ts'
import { textPairs } from './key-value.ts'
import { checkFollow, startVideo, type FollowOptions } from './start-video.ts'

export type AdoptOptions = FollowOptions & {
  provider: string
  id: string
  model?: string
  endpoint?: string
  prompt?: string
  metadata?: readonly string[]
  callbackUrl?: string
  deadline?: number
}

/** `reelay adopt`: makes a video of a job that was made elsewhere, and with `--wait` or `--out` sees it through. */
export async function run(options: AdoptOptions, io: Io): Promise<ExitCode> {
  await checkFollow(options)
  const params: VideoAdoptParams = {
    provider: options.provider,
    id: options.id,
    model: options.model,
    endpoint: options.endpoint,
    prompt: options.prompt,
    metadata: options.metadata && textPairs(options.metadata, '--metadata'),
    callback_url: options.callbackUrl,
    deadline: options.deadline,
  }
  return startVideo(options, io, (client, start) => client.videos.adopt(params, start))
}
