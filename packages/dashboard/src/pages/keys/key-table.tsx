import type { ApiKey } from '@reelay/sdk'
import { useState, type ReactElement } from 'react'
import { useSession } from '../../api/session-context.tsx'
import { useProjects } from '../../api/use-projects.ts'
import { formatAge, formatDateTime } from '../../format.ts'
import { Badge } from '../../ui/badge.tsx'
import { Button } from '../../ui/button.tsx'
import { EmptyState } from '../../ui/empty-state.tsx'
import { Table, type Column } from '../../ui/table.tsx'
import { useNow } from '../../use-now.ts'
import { RevokeKeyDialog } from './revoke-key-dialog.tsx'
import { RotateKeyDialog } from './rotate-key-dialog.tsx'

const AGES_MS = 20_000
/** A project may have a thousand. */
const SHOWN_AT_FIRST = 100
/** The settings make it, and they alone change it. */
const BOOTSTRAP_KEY = 'key_bootstrap'

type Asking = { action: 'rotate' | 'revoke'; key: ApiKey } | null

/** Keys with what each may do, and what can be done with it. */
export function KeyTable({ keys }: { keys: readonly ApiKey[] }): ReactElement {
  const session = useSession()
  const projects = useProjects().data ?? []
  const nowMs = useNow(AGES_MS)
  const [asking, setAsking] = useState<Asking>(null)
  const [shownMax, setShownMax] = useState(SHOWN_AT_FIRST)
  const close = (): void => setAsking(null)
  if (keys.length === 0) {
    return (
      <EmptyState icon="key" title="No key yet">
        This project has no API key: nobody can ask for videos in it.
      </EmptyState>
    )
  }
  const nameOf = (id: string): string => projects.find((project) => project.id === id)?.name ?? id
  const columns = [
    nameColumn(session.keyId),
    ...(session.administersGateway ? [projectColumn(nameOf)] : []),
    scopesColumn,
    ...timeColumns(nowMs),
    actionColumn(setAsking),
  ]
  return (
    <>
      <div className="rounded-xl border border-line bg-surface">
        <Table
          caption="API keys, the newest first"
          rows={keys.slice(0, shownMax)}
          keyOf={({ id }) => id}
          columns={columns}
        />
      </div>
      {keys.length > shownMax ? (
        <div className="flex justify-center py-6">
          <Button onClick={() => setShownMax(shownMax + SHOWN_AT_FIRST)}>Show more</Button>
        </div>
      ) : null}
      {asking?.action === 'rotate' ? (
        <RotateKeyDialog old={asking.key} isOwn={asking.key.id === session.keyId} onClose={close} />
      ) : null}
      {asking?.action === 'revoke' ? (
        <RevokeKeyDialog apiKey={asking.key} isOwn={asking.key.id === session.keyId} onClose={close} />
      ) : null}
    </>
  )
}

const nameColumn = (ownId: string): Column<ApiKey> => ({
  title: 'Name',
  cell: ({ id, name }) => (
    <div className="min-w-40">
      <p className="flex flex-wrap items-center gap-2 font-medium break-words">
        {name}
        {id === ownId ? <Badge tone="busy">This session</Badge> : null}
      </p>
      <p className="font-mono text-xs break-all text-muted">{id}</p>
    </div>
  ),
})

const projectColumn = (nameOf: (id: string) => string): Column<ApiKey> => ({
  title: 'Project',
  cell: ({ project }) => <span title={project}>{nameOf(project)}</span>,
})

const scopesColumn: Column<ApiKey> = {
  title: 'May',
  cell: ({ scopes, profile }) => (
    <div className="whitespace-nowrap">
      {scopes.join(', ')}
      {profile === 'openai' ? <p className="text-xs text-muted">openai statuses</p> : null}
    </div>
  ),
}

const timeColumns = (nowMs: number): readonly Column<ApiKey>[] => [
  {
    title: 'Last used',
    cell: ({ last_used_at: at }) => (
      <span className="whitespace-nowrap">{at === null ? 'never' : formatAge(at, nowMs)}</span>
    ),
  },
  {
    title: 'Expires',
    cell: ({ expires_at: at }) => {
      if (at === null) return 'never'
      if (at * 1_000 <= nowMs) return <Badge tone="bad">Expired</Badge>
      return <span className="whitespace-nowrap">{formatDateTime(at)}</span>
    },
  },
]

const actionColumn = (ask: (asking: Asking) => void): Column<ApiKey> => ({
  title: 'Change',
  cell: (key) =>
    key.id === BOOTSTRAP_KEY ? (
      <p className="max-w-48 min-w-40 text-xs text-muted">
        The first key. Its settings change it: <code className="font-mono">REELAY_API_KEY</code> or{' '}
        <code className="font-mono">admin.key</code>.
      </p>
    ) : (
      <div className="flex gap-2">
        <Button icon="again" aria-label={`Rotate ${key.name}`} onClick={() => ask({ action: 'rotate', key })}>
          Rotate
        </Button>
        <Button
          kind="danger"
          icon="trash"
          aria-label={`Revoke ${key.name}`}
          onClick={() => ask({ action: 'revoke', key })}
        >
          Revoke
        </Button>
      </div>
    ),
})
