import { isTerminalStatus, type Video } from '@reelay/sdk'
import { useMutation, useQueryClient } from '@tanstack/react-query'
import { useState, type ReactElement } from 'react'
import { useLocation } from 'wouter'
import { useApi } from '../../api/api-context.tsx'
import { queryKeys } from '../../api/query-keys.ts'
import { hasScope, useSession } from '../../api/session-context.tsx'
import { contentPath, hasFile } from '../../api/video-file.ts'
import { Button, buttonClass } from '../../ui/button.tsx'
import { Dialog } from '../../ui/dialog.tsx'
import { ErrorNote } from '../../ui/error-note.tsx'
import { Icon } from '../../ui/icon.tsx'
import { draftOf } from '../playground/draft.ts'

type Asking = 'cancel' | 'delete' | null

/** What can be done with a video, as far as the key may. */
export function TaskActions({ video }: { video: Video }): ReactElement {
  const session = useSession()
  const [, go] = useLocation()
  const [asking, setAsking] = useState<Asking>(null)
  const mayCreate = hasScope(session, 'create')
  return (
    <>
      {hasFile(video) && hasScope(session, 'content') ? (
        <a href={contentPath(video.id)} download={`${video.id}.mp4`} className={buttonClass('primary')}>
          <Icon name="download" />
          Download
        </a>
      ) : null}
      {mayCreate ? (
        <>
          <Button icon="wand" onClick={() => go('/playground', { state: draftOf(video) })}>
            Make another
          </Button>
          {isTerminalStatus(video.status) ? null : (
            <Button icon="stop" onClick={() => setAsking('cancel')}>
              Cancel
            </Button>
          )}
          <Button kind="danger" icon="trash" onClick={() => setAsking('delete')}>
            Delete
          </Button>
        </>
      ) : null}
      {asking === 'cancel' ? <CancelDialog id={video.id} onClose={() => setAsking(null)} /> : null}
      {asking === 'delete' ? <DeleteDialog id={video.id} onClose={() => setAsking(null)} /> : null}
    </>
  )
}

type DialogProps = { id: string; onClose: () => void }

function CancelDialog({ id, onClose }: DialogProps): ReactElement {
  const api = useApi()
  const queries = useQueryClient()
  const cancelling = useMutation({
    mutationFn: (): Promise<Video> => api.videos.cancel(id),
    onSuccess: (video) => {
      queries.setQueryData(queryKeys.video(id), video)
      onClose()
    },
  })
  return (
    <Dialog
      title="Cancel this video?"
      onClose={onClose}
      actions={
        <Button kind="danger" disabled={cancelling.isPending} onClick={() => cancelling.mutate()}>
          Cancel the video
        </Button>
      }
    >
      <p>
        It ends as failed. Where its provider cannot stop a job, the provider may still charge for it; a
        warning on the video then says so.
      </p>
      {cancelling.error === null ? null : <ErrorNote error={cancelling.error} />}
    </Dialog>
  )
}

function DeleteDialog({ id, onClose }: DialogProps): ReactElement {
  const api = useApi()
  const queries = useQueryClient()
  const [, go] = useLocation()
  const deleting = useMutation({
    mutationFn: () => api.videos.delete(id),
    onSuccess: () => {
      queries.removeQueries({ queryKey: queryKeys.video(id) })
      void queries.invalidateQueries({ queryKey: queryKeys.videos })
      go('/')
    },
  })
  return (
    <Dialog
      title="Delete this video?"
      onClose={onClose}
      actions={
        <Button kind="danger" disabled={deleting.isPending} onClick={() => deleting.mutate()}>
          Delete for good
        </Button>
      }
    >
      <p>Its files are removed, and links to it stop working. One that is being made is cancelled first.</p>
      {deleting.error === null ? null : <ErrorNote error={deleting.error} />}
    </Dialog>
  )
}
