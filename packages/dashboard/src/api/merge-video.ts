import type { Video, VideoPage } from '@reelay/sdk'

export type VideoPages = { pages: VideoPage[]; pageParams: unknown[] }

export const holdsVideo = ({ pages }: VideoPages, id: string): boolean =>
  pages.some(({ data }) => data.some((video) => video.id === id))

/** The pages with the newest state of one video, where it is among them. */
export const mergeVideo = ({ pages, pageParams }: VideoPages, newest: Video): VideoPages => ({
  pageParams,
  pages: pages.map((page) => ({
    ...page,
    data: page.data.map((video) => (video.id === newest.id ? newest : video)),
  })),
})

/** The pages without a video that was deleted. */
export const removeVideo = ({ pages, pageParams }: VideoPages, id: string): VideoPages => ({
  pageParams,
  pages: pages.map((page) => ({ ...page, data: page.data.filter((video) => video.id !== id) })),
})
