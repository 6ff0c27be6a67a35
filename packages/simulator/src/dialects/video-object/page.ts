import type { SimulatorRequest } from '../../request.ts'
import type { TaskView } from '../../task.ts'
import type { Verbs } from '../../verbs.ts'

export interface ListQuery {
  readonly after: string | null
  readonly limit: number | null
  readonly order: 'asc' | 'desc'
}

export function listQuery({ query }: SimulatorRequest): ListQuery {
  const limit = query.get('limit')
  const order = query.get('order') === 'asc' ? 'asc' : 'desc'
  return { after: query.get('after'), limit: limit === null ? null : Number(limit), order }
}

/** Every task as the query orders them. */
export function orderedTasks(verbs: Verbs, { order }: ListQuery): readonly TaskView[] {
  const views = verbs.tasks()
  return order === 'asc' ? views : views.toReversed()
}

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
