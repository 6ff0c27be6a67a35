import { jsonAnswer, type Answer } from '../../answer.ts'
import type { SimulatorRequest } from '../../request.ts'
import type { TaskView } from '../../task.ts'
import type { Verbs } from '../../verbs.ts'
import { errorOf, failureOf, isForgotten, taskOf, wordOf } from './answers.ts'

const PAGE_SIZE_MAX = 500
const PAGE_SIZE_DEFAULT = 10

function numberOf(query: URLSearchParams, name: string, otherwise: number): number | null {
  const text = query.get(name)
  if (text === null) return otherwise
  const value = Number(text)
  return Number.isInteger(value) && value >= 1 && value <= PAGE_SIZE_MAX ? value : null
}

/** The ids that are asked for, each in a parameter of its own, or all of them with commas between. */
function idsOf(query: URLSearchParams): readonly string[] {
  return query.getAll('filter.task_ids').flatMap((text) => text.split(',').map((id) => id.trim()))
}

function isWanted(view: TaskView, query: URLSearchParams): boolean {
  const status = query.get('filter.status')
  const model = query.get('filter.model')
  const tier = query.get('filter.service_tier')
  const ids = idsOf(query)
  if (status !== null && wordOf(view) !== status) return false
  if (model !== null && view.task.model !== model) return false
  if (tier !== null && (view.task.fields['service_tier'] ?? 'default') !== tier) return false
  return ids.length === 0 || ids.includes(view.task.id)
}

/** The documentation has the reason of a failure as `error`, the public client reads `failure_reason`. */
function itemOf(view: TaskView, verbs: Verbs): object {
  const reason = failureOf(view)
  return { ...taskOf(view, verbs), ...(reason === null ? {} : { failure_reason: reason }) }
}

/** The tasks of the last seven days, the newest first (assumed). */
export function list(verbs: Verbs, { query }: SimulatorRequest): Answer {
  const number = numberOf(query, 'page_num', 1)
  const size = numberOf(query, 'page_size', PAGE_SIZE_DEFAULT)
  if (number === null || size === null) {
    const param = number === null ? 'page_num' : 'page_size'
    const message = `The parameter \`${param}\` must be a whole number from 1 to ${PAGE_SIZE_MAX}.`
    return errorOf(400, { code: 'InvalidParameter', message, param })
  }
  const wanted = verbs.tasks().filter((view) => !isForgotten(view) && isWanted(view, query))
  const page = wanted.toReversed().slice((number - 1) * size, number * size)
  return jsonAnswer(200, { total: wanted.length, items: page.map((view) => itemOf(view, verbs)) })
}
