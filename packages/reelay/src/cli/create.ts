import { createParams, type CreateParamOptions } from './create-params.ts'
import type { ExitCode } from './exit-code.ts'
import type { Io } from './io.ts'
import { checkFollow, startVideo, type FollowOptions } from './start-video.ts'

export type CreateOptions = FollowOptions & CreateParamOptions

/** `reelay create`: starts a video, and with `--wait` or `--out` sees it through. */
export async function run(options: CreateOptions, io: Io): Promise<ExitCode> {
  await checkFollow(options)
  const params = await createParams(options)
  return startVideo(options, io, (client, start) => client.videos.create(params, start))
}
