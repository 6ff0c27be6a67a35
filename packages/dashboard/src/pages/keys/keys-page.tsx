import type { ApiKey } from '@reelay/sdk'
import { useQuery } from '@tanstack/react-query'
import { useState, type ReactElement } from 'react'
import { useApi } from '../../api/api-context.tsx'
import { queryKeys } from '../../api/query-keys.ts'
import { useSession } from '../../api/session-context.tsx'
import { useProjects } from '../../api/use-projects.ts'
import { Button } from '../../ui/button.tsx'
import { ErrorNote } from '../../ui/error-note.tsx'
import { Loading } from '../../ui/loading.tsx'
import { PageTitle } from '../../ui/page-title.tsx'
import { Select } from '../../ui/select.tsx'
import { useAddressQuery } from '../../use-address-query.ts'
import { KeyFormDialog } from './key-form-dialog.tsx'
import { KeyTable } from './key-table.tsx'

/** The API keys that this one administers. */
export function KeysPage(): ReactElement {
  const api = useApi()
  const session = useSession()
  const [query, setQuery] = useAddressQuery()
  const project = query.get('project') || null
  const [isCreating, setCreating] = useState(false)
  const keys = useQuery({
    queryKey: queryKeys.keys,
    queryFn: async ({ signal }) => (await api.keys.list({ signal })).toSorted(byNewest),
  })
  return (
    <>
      <PageTitle
        title="Keys"
        about={
          session.administersGateway
            ? 'API keys of all projects. The gateway keeps no more than their hashes.'
            : `API keys of the project ${session.project}. The gateway keeps no more than their hashes.`
        }
        actions={
          <Button kind="primary" icon="plus" onClick={() => setCreating(true)}>
            New key
          </Button>
        }
      />
      {session.administersGateway ? (
        <ProjectFilter
          project={project}
          onChange={(id) => setQuery(new URLSearchParams(id === null ? {} : { project: id }))}
        />
      ) : null}
      {keys.error === null ? null : <ErrorNote error={keys.error} onRetry={() => void keys.refetch()} />}
      {keys.isPending ? <Loading what="the keys" /> : null}
      {keys.data === undefined ? null : (
        <KeyTable
          key={project}
          keys={keys.data.filter((key) => project === null || key.project === project)}
        />
      )}
      {isCreating ? (
        <KeyFormDialog project={project ?? session.project} onClose={() => setCreating(false)} />
      ) : null}
    </>
  )
}

const byNewest = (one: ApiKey, other: ApiKey): number => other.created_at - one.created_at

type ProjectFilterProps = { project: string | null; onChange: (id: string | null) => void }

function ProjectFilter({ project, onChange }: ProjectFilterProps): ReactElement {
  const projects = useProjects().data ?? []
  return (
    <search className="mb-4 flex flex-wrap items-center gap-2">
      <Select
        aria-label="Project"
        className="w-auto! max-w-full"
        value={project ?? ''}
        choices={[
          { value: '', label: 'Every project' },
          ...projects.map(({ id, name }) => ({ value: id, label: name })),
        ]}
        onChoose={(id) => onChange(id || null)}
      />
    </search>
  )
}
