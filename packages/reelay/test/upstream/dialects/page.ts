import type { ListQuery } from '../dialect.ts'
import type { TaskView } from '../task.ts'

export interface Page {
  readonly views: readonly TaskView[]
  readonly firstId: string | null
  readonly lastId: string | null
  readonly hasMore: boolean
  /** False when `after` names no task; the page is empty then. */
  readonly known: boolean
}

/** Cuts one page out of the ordered list. `limitDefault` null means everything. */
export function pageOf(views: readonly TaskView[], query: ListQuery, limitDefault: number | null): Page {
  const start = query.after === null ? 0 : views.findIndex(({ task }) => task.id === query.after) + 1
  const known = query.after === null || start > 0
  const rest = known ? views.slice(start) : []
  const page = rest.slice(0, query.limit ?? limitDefault ?? rest.length)
  return {
    views: page,
    firstId: page[0]?.task.id ?? null,
    lastId: page.at(-1)?.task.id ?? null,
    hasMore: page.length < rest.length,
    known,
  }
}
