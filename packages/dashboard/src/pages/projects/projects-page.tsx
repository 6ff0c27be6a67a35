import { useState, type ReactElement } from 'react'
import { useSession } from '../../api/session-context.tsx'
import { useProjects } from '../../api/use-projects.ts'
import { Button } from '../../ui/button.tsx'
import { ErrorNote } from '../../ui/error-note.tsx'
import { Loading } from '../../ui/loading.tsx'
import { PageTitle } from '../../ui/page-title.tsx'
import { ProjectCard } from './project-card.tsx'
import { ProjectFormDialog } from './project-form-dialog.tsx'

/** Each card asks for the usage of its project. */
const SHOWN_AT_FIRST = 12

/** What keeps videos and keys apart, and what each may use. */
export function ProjectsPage(): ReactElement {
  const session = useSession()
  const projects = useProjects()
  const [isCreating, setCreating] = useState(false)
  const [shownMax, setShownMax] = useState(SHOWN_AT_FIRST)
  const found = projects.data ?? []
  return (
    <>
      <PageTitle
        title="Projects"
        about={
          session.administersGateway
            ? 'Each has its own videos, keys, webhooks and limits.'
            : 'Your project and its limits. An administrator of the gateway changes them: a key of the project “default” with the scope admin.'
        }
        actions={
          session.administersGateway ? (
            <Button kind="primary" icon="plus" onClick={() => setCreating(true)}>
              New project
            </Button>
          ) : null
        }
      />
      {projects.error === null ? null : (
        <ErrorNote error={projects.error} onRetry={() => void projects.refetch()} />
      )}
      {projects.isPending ? <Loading what="the projects" /> : null}
      <ul aria-label="Projects" className="grid gap-4 md:grid-cols-2 xl:grid-cols-3">
        {found.slice(0, shownMax).map((project) => (
          <li key={project.id} className="min-w-0">
            <ProjectCard project={project} />
          </li>
        ))}
      </ul>
      {found.length > shownMax ? (
        <div className="flex justify-center py-6">
          <Button onClick={() => setShownMax(shownMax + SHOWN_AT_FIRST)}>Show more</Button>
        </div>
      ) : null}
      {isCreating ? <ProjectFormDialog onClose={() => setCreating(false)} /> : null}
    </>
  )
}
