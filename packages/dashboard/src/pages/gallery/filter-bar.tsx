import { VIDEO_STATUSES } from '@reelay/sdk'
import { useState, type FormEvent, type ReactElement } from 'react'
import { useLocation } from 'wouter'
import { Button } from '../../ui/button.tsx'
import { INPUT_CLASS } from '../../ui/field.tsx'
import { Select } from '../../ui/select.tsx'
import { statusLabel } from '../../ui/status-badge.tsx'
import { useModels } from '../../api/use-models.ts'
import { filtersOf, isNarrowed, type Filters } from './filters.ts'

type FilterBarProps = {
  filters: Filters
  /** Names of the models of the videos that are shown: a request may name one in other words than the list of models. */
  seen: readonly string[]
  onChange: (filters: Filters) => void
}

const ANY = { value: '', label: 'Every status' }

export function FilterBar({ filters, seen, onChange }: FilterBarProps): ReactElement {
  const models = useModels().data ?? []
  const names = new Set([
    ...seen,
    ...models.map(({ id }) => id),
    ...(filters.model === null ? [] : [filters.model]),
  ])
  const change = (name: 'status' | 'model', value: string): void => {
    const query = new URLSearchParams({ status: filters.status ?? '', model: filters.model ?? '' })
    query.set(name, value)
    onChange(filtersOf(query))
  }
  return (
    <search className="mb-5 flex flex-wrap items-center gap-2">
      <Select
        aria-label="Status"
        className="w-auto! max-sm:flex-1"
        value={filters.status ?? ''}
        choices={[ANY, ...VIDEO_STATUSES.map((status) => ({ value: status, label: statusLabel(status) }))]}
        onChoose={(value) => change('status', value)}
      />
      <Select
        aria-label="Model"
        className="w-auto! max-w-64 max-sm:flex-1"
        value={filters.model ?? ''}
        choices={[
          { value: '', label: 'Every model' },
          ...[...names].toSorted().map((name) => ({ value: name, label: name })),
        ]}
        onChoose={(value) => change('model', value)}
      />
      <FindById />
      {isNarrowed(filters) ? (
        <Button kind="quiet" icon="close" onClick={() => onChange({ status: null, model: null })}>
          Clear
        </Button>
      ) : null}
    </search>
  )
}

function FindById(): ReactElement {
  const [, go] = useLocation()
  const [id, setId] = useState('')
  const find = (event: FormEvent): void => {
    event.preventDefault()
    if (id.trim() !== '') go(`/videos/${encodeURIComponent(id.trim())}`)
  }
  return (
    <form onSubmit={find} className="flex min-w-0 flex-1 gap-2 max-sm:basis-full sm:max-w-80">
      <input
        aria-label="Id of a video"
        className={INPUT_CLASS}
        placeholder="Find by id: video_…"
        maxLength={100}
        spellCheck={false}
        value={id}
        onChange={(event) => setId(event.currentTarget.value)}
      />
      <Button type="submit" icon="search" aria-label="Find" />
    </form>
  )
}
