import type { Project, ProjectLimits } from '@reelay/sdk'
import { useQuery } from '@tanstack/react-query'
import { useState, type ReactElement } from 'react'
import { useLocation } from 'wouter'
import { useApi } from '../../api/api-context.tsx'
import { queryKeys } from '../../api/query-keys.ts'
import { useSession } from '../../api/session-context.tsx'
import { formatDateTime, formatSpan } from '../../format.ts'
import { Button } from '../../ui/button.tsx'
import { Card } from '../../ui/card.tsx'
import { DetailsList, type Detail } from '../../ui/details-list.tsx'
import { ErrorNote } from '../../ui/error-note.tsx'
import { Loading } from '../../ui/loading.tsx'
import { UsageBar } from '../../ui/usage-bar.tsx'
import { LimitsDialog } from './limits-dialog.tsx'

const NUMBER = new Intl.NumberFormat('en-GB')
const REREAD_MS = 15_000
const DAY_SECONDS = 86_400

/** One project: how much of its limits is used, and what they are. */
export function ProjectCard({ project }: { project: Project }): ReactElement {
  const api = useApi()
  const session = useSession()
  const [, go] = useLocation()
  const [isChanging, setChanging] = useState(false)
  const detail = useQuery({
    queryKey: queryKeys.project(project.id),
    queryFn: ({ signal }) => api.projects.retrieve(project.id, { signal }),
    refetchInterval: REREAD_MS,
  })
  const { data } = detail
  return (
    <Card title={project.name} className="min-w-0">
      <div className="flex flex-col gap-4">
        {detail.isPending ? <Loading what="its limits" /> : null}
        {detail.error === null ? null : (
          <ErrorNote error={detail.error} onRetry={() => void detail.refetch()} />
        )}
        {data === undefined ? null : <Usage project={data} />}
        <div className="flex flex-wrap gap-2 border-t border-line pt-3">
          <Button icon="key" onClick={() => go(`/keys?project=${encodeURIComponent(project.id)}`)}>
            Keys
          </Button>
          {session.administersGateway && data !== undefined ? (
            <Button icon="edit" onClick={() => setChanging(true)}>
              Change
            </Button>
          ) : null}
        </div>
      </div>
      {isChanging && data !== undefined ? (
        <LimitsDialog project={data} onClose={() => setChanging(false)} />
      ) : null}
    </Card>
  )
}

function Usage({ project }: { project: Project }): ReactElement {
  const { limits = {}, usage } = project
  return (
    <>
      <UsageBar label="Videos under way" used={usage?.in_flight ?? 0} limit={limits.in_flight ?? null} />
      <UsageBar
        label="Videos made today (UTC)"
        used={usage?.created_today ?? 0}
        limit={limits.per_day ?? null}
      />
      <DetailsList details={detailsOf(project, limits)} />
    </>
  )
}

function detailsOf(
  { id, created_at: createdAt, own_limits: own = {} }: Project,
  limits: ProjectLimits,
): Detail[] {
  const count = Object.keys(own).length
  return [
    { label: 'Creates', value: rateOf(limits.creates_per_minute) },
    { label: 'Other requests', value: rateOf(limits.reads_per_minute) },
    { label: 'Files kept', value: keptWords(limits.retention_seconds) },
    {
      label: 'Limits of its own',
      value: count === 0 ? 'none: the defaults hold' : String(count),
    },
    { label: 'Created', value: createdAt === 0 ? 'with the database' : formatDateTime(createdAt) },
    { label: 'Id', value: <code className="font-mono text-xs break-all">{id}</code> },
  ]
}

const rateOf = (perMinute: number | null | undefined): string =>
  perMinute == null ? 'no limit' : `${NUMBER.format(perMinute)} a minute`

function keptWords(seconds: number | null | undefined): string {
  if (seconds == null) return 'for good'
  return seconds % DAY_SECONDS === 0
    ? `${seconds / DAY_SECONDS} ${seconds === DAY_SECONDS ? 'day' : 'days'}`
    : formatSpan(seconds)
}
