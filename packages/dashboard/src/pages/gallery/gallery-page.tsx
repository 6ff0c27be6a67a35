import { useState, type ReactElement } from 'react'
import { Link, useLocation, useSearch } from 'wouter'
import { hasScope, useSession } from '../../api/session-context.tsx'
import { Button, buttonClass } from '../../ui/button.tsx'
import { EmptyState } from '../../ui/empty-state.tsx'
import { ErrorNote } from '../../ui/error-note.tsx'
import { Icon } from '../../ui/icon.tsx'
import { PageTitle } from '../../ui/page-title.tsx'
import { useNow } from '../../use-now.ts'
import { FilterBar } from './filter-bar.tsx'
import { filtersOf, isNarrowed, queryOf, type Filters } from './filters.ts'
import { MoreButton } from './more-button.tsx'
import { useVideos } from './use-videos.ts'
import { VideoCard } from './video-card.tsx'

const AGES_MS = 20_000
const PLACEHOLDERS = 8

/** All videos of the project, the newest first. */
export function GalleryPage(): ReactElement {
  const [, go] = useLocation()
  const filters = filtersOf(new URLSearchParams(useSearch()))
  const videos = useVideos(filters)
  const nowMs = useNow(AGES_MS)
  // One at a time: more would only be noise.
  const [playing, setPlaying] = useState<string | null>(null)
  const shown = videos.data?.pages.flatMap(({ data }) => data) ?? []
  // With the question mark even where nothing follows: without it the old query would stay.
  const change = (next: Filters): void => go(`/?${queryOf(next)}`, { replace: true })
  return (
    <>
      <PageTitle
        title="Videos"
        about="What was asked for with the keys of this project, the newest first."
        actions={<CreateLink />}
      />
      <FilterBar filters={filters} seen={shown.map(({ model }) => model)} onChange={change} />
      {videos.error === null ? null : (
        <ErrorNote error={videos.error} onRetry={() => void videos.refetch()} />
      )}
      {videos.isPending ? <Placeholders /> : null}
      {videos.isSuccess && shown.length === 0 ? (
        <Nothing filters={filters} onClear={() => change({ status: null, model: null })} />
      ) : null}
      <ul aria-label="Videos" className="grid grid-cols-1 gap-4 sm:grid-cols-2 lg:grid-cols-3 xl:grid-cols-4">
        {shown.map((video) => (
          <li key={video.id} className="min-w-0">
            <VideoCard
              video={video}
              nowMs={nowMs}
              isPlaying={playing === video.id}
              onPlay={(isPlaying) => setPlaying(isPlaying ? video.id : null)}
            />
          </li>
        ))}
      </ul>
      {videos.hasNextPage ? (
        <MoreButton isLoading={videos.isFetchingNextPage} onMore={() => void videos.fetchNextPage()} />
      ) : null}
    </>
  )
}

function CreateLink(): ReactElement | null {
  const session = useSession()
  if (!hasScope(session, 'create')) return null
  return (
    <Link href="/playground" className={buttonClass('primary')}>
      <Icon name="wand" />
      New video
    </Link>
  )
}

function Placeholders(): ReactElement {
  return (
    <output aria-label="Loading videos" className="grid gap-4 sm:grid-cols-2 lg:grid-cols-3 xl:grid-cols-4">
      {Array.from({ length: PLACEHOLDERS }, (_, place) => (
        <span key={place} className="aspect-[4/3] animate-pulse rounded-xl border border-line bg-raised" />
      ))}
    </output>
  )
}

function Nothing({ filters, onClear }: { filters: Filters; onClear: () => void }): ReactElement {
  if (isNarrowed(filters)) {
    return (
      <EmptyState
        icon="search"
        title="No video fits"
        actions={
          <Button kind="primary" onClick={onClear}>
            Show all videos
          </Button>
        }
      >
        No video of this project has the chosen status and model. A model is found under the name that the
        request gave it.
      </EmptyState>
    )
  }
  return (
    <EmptyState
      icon="film"
      title="No videos yet"
      actions={
        <>
          <CreateLink />
          <a href="/docs" className={buttonClass()}>
            <Icon name="book" />
            API
          </a>
        </>
      }
    >
      Make one in the playground, or send <code className="font-mono text-xs">POST /v1/videos</code> with a
      key of this project. It shows up here at once, and moves on while you watch.
    </EmptyState>
  )
}
