import type { Video } from '@reelay/sdk'

/** Whether there is a file to show: it goes when it expires, and the video stays. */
export const hasFile = (video: Video): boolean =>
  video.status === 'completed' && video.video_url !== undefined

/** Read with the session's cookie, so that it is the same for as long as the page is open. */
export const contentPath = (id: string, variant?: 'thumbnail'): string =>
  `/v1/videos/${id}/content${variant === undefined ? '' : `?variant=${variant}`}`
