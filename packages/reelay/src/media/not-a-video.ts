/** Why bytes were refused as a video. */
export type NotAVideoReason =
  | 'empty'
  | 'html'
  | 'json'
  | 'image'
  | 'unknown_type'
  | 'truncated'
  | 'malformed'
  | 'no_video_track'
  | 'zero_duration'
  | 'too_complex'

const EXPLANATIONS: Record<NotAVideoReason, string> = {
  empty: 'The file is empty.',
  html: 'The file is an HTML page, not a video: the link has probably expired or needs a login.',
  json: 'The file is JSON, not a video: the server probably answered with an error.',
  image: 'The file is a picture, not a video.',
  unknown_type: 'The file is neither MP4, MOV nor WebM.',
  truncated: 'The video is cut short: its index points beyond the end of the file.',
  malformed: 'The video cannot be parsed.',
  no_video_track: 'The file has no video track with a known size.',
  zero_duration: 'The video has no duration.',
  too_complex: 'The video took too long to probe, or its index is too large.',
}

/** The bytes are not a video that can be archived. `reason` is stable; the message is for people. */
export class NotAVideo extends Error {
  override readonly name = 'NotAVideo'
  readonly reason: NotAVideoReason

  constructor(reason: NotAVideoReason, detail?: string) {
    super(detail === undefined ? EXPLANATIONS[reason] : `${EXPLANATIONS[reason]} (${detail})`)
    this.reason = reason
  }
}
