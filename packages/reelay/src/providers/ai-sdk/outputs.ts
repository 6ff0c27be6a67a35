import { sniffVideo } from '../../media/sniff.ts'
import type { Output, Verdict } from '../../task/verdict.ts'
import { httpLink } from '../http-link.ts'
import { OutputGone, OutputUnavailable, type OpenedOutput } from '../provider.ts'
import { linkWithoutSecrets } from './secrets-of.ts'
import type { VideoData } from './video-model.ts'

/** A video that came inside an answer: not stored, but asked for again when it is opened. */
const INLINE = 'inline:'

/** The place of a video inside the answer; null when the reference is a link. */
export const inlineIndexOf = (ref: string): number | null =>
  ref.startsWith(INLINE) ? Number(ref.slice(INLINE.length)) : null

const refused = (detail: string): Verdict => ({ kind: 'failed', code: 'provider_failed', detail })

function outputOf(video: VideoData, index: number, secrets: readonly string[]): Output | string {
  const mime = typeof video.mediaType === 'string' ? { mime: video.mediaType } : {}
  switch (video.type) {
    case 'url': {
      const link = httpLink(video.url)
      if (link !== null) return { role: 'video', ref: linkWithoutSecrets(link, secrets), ...mime }
      const scheme = URL.parse(video.url)?.protocol ?? 'no URL at all'
      return `The provider put the video at an address that is not http (${scheme}): it cannot be fetched.`
    }
    case 'base64':
    case 'binary':
      return { role: 'video', ref: `${INLINE}${index}`, ...mime }
    case 'uploaded':
      return (
        'The provider put the video into storage of yours, as it was told to, and gives no link to it: ' +
        'leave out the option that names the storage.'
      )
  }
  // A newer version of the SDK may have other forms.
  return 'The provider says that the video is made, in a form that is not known here: update Reelay.'
}

/**
 * What the videos that a model names come to.
 * @param secrets values that must not be stored with a link
 */
export function videosVerdict(videos: readonly VideoData[], secrets: readonly string[]): Verdict {
  const found = videos.map((video, index) => outputOf(video, index, secrets))
  const outputs = found.filter((output) => typeof output !== 'string')
  if (outputs.length > 0) return { kind: 'done', outputs }
  const [reason] = found.filter((output) => typeof output === 'string')
  return refused(reason ?? 'The provider says that the job is done, and names no video.')
}

/**
 * The bytes of a video that came inside an answer.
 * @throws OutputGone when the answer has none there, OutputUnavailable when it is no video.
 */
export function openInline(video: VideoData | undefined): OpenedOutput {
  if (video?.type !== 'base64' && video?.type !== 'binary') {
    throw new OutputGone('The answer does not hold the video any more.')
  }
  const bytes = video.type === 'base64' ? Buffer.from(video.data, 'base64') : video.data
  if (sniffVideo(bytes) === undefined) {
    throw new OutputUnavailable('The output does not begin like an MP4, MOV or WebM file.')
  }
  const read = async function* (): AsyncGenerator<Uint8Array, void, undefined> {
    yield bytes
  }
  return { body: read(), bytes: bytes.byteLength, close: () => {} }
}
