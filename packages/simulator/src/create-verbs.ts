import { contentAnswer } from './content-answer.ts'
import { clipOf } from './clips.ts'
import type { Dialect } from './dialect.ts'
import type { Ids } from './ids.ts'
import type { Clock } from './clock.ts'
import { signedLink } from './links.ts'
import type { Secrets } from './secrets.ts'
import type { Task, TaskView } from './task.ts'
import type { Tasks } from './tasks.ts'
import type { Uploads } from './uploads.ts'
import type { Verbs } from './verbs.ts'

export interface VerbSource {
  readonly dialect: Dialect
  readonly tasks: Tasks
  readonly clock: Clock
  readonly ids: Ids
  readonly secrets: Secrets
  readonly uploads: Uploads
  /** Models that are accepted; empty accepts any. */
  readonly models: readonly string[]
  /** The two ports, known only once the servers listen. */
  ports(): { readonly api: number; readonly files: number }
}

const HOST = /^(?<name>\[[^\]]+\]|[^:]+)(?::\d+)?$/u

/** The name that a caller knows this machine by: it may be another than ours, in a container for instance. */
function nameOf(host: string | undefined): string {
  return HOST.exec(host ?? '')?.groups?.['name'] ?? '127.0.0.1'
}

/** The verbs for one answer. `host` is the `Host` that the caller asked, or the create came with. */
export function createVerbs(source: VerbSource, host: string | undefined): Verbs {
  const { dialect, tasks, clock } = source
  const { api, files } = source.ports()
  const name = nameOf(host)
  const origins = { own: `http://${name}:${api}`, other: `http://${name}:${files}` }
  const viewOf = (task: Task | undefined): TaskView | null => (task === undefined ? null : tasks.view(task))
  const link: Verbs['link'] = (view, path) => {
    const { link: wanted } = view.task.script
    if (view.phase !== 'done' || wanted === 'none') return null
    if (wanted !== 'own') return wanted.url
    return path === undefined ? signedLink(view, dialect.results, origins) : `${origins.own}${path}`
  }
  return {
    origin: origins.own,
    nowMs: clock.nowMs(),
    ids: source.ids,
    secrets: source.secrets,
    models: source.models.length > 0 ? source.models : dialect.models,
    uploads: source.uploads,
    tasks: () => tasks.all().map((task) => tasks.view(task)),
    find: (id) => viewOf(tasks.find(id)),
    byToken: (token) => viewOf(tasks.byToken(token)),
    link,
    clip: (view) => clipOf(view.task.script.clip),
    file: (view, request) => contentAnswer(clipOf(view.task.script.clip), request.headers.range),
  }
}
