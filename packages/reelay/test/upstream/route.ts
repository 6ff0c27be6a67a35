import { REDIRECT_PREFIX } from './fault-answer.ts'

export type RouteName =
  | 'control'
  | 'create'
  | 'remix'
  | 'poll'
  | 'content'
  | 'delete'
  | 'list'
  | 'models'
  | 'catalog'
  | 'link'
  | 'unrouted'

export interface Route {
  readonly name: RouteName
  /** The task's id where the path has one, else empty. */
  readonly id: string
}

const TABLE: readonly (readonly [method: string, path: RegExp, name: RouteName])[] = [
  ['POST', /^\/__control$/u, 'control'],
  ['POST', /^\/v1\/videos$/u, 'create'],
  ['GET', /^\/v1\/videos$/u, 'list'],
  ['GET', /^\/v1\/models$/u, 'models'],
  ['GET', /^\/api\/models$/u, 'catalog'],
  ['POST', /^\/v1\/videos\/(?<id>[^/]+)\/remix$/u, 'remix'],
  ['GET', /^\/v1\/videos\/(?<id>[^/]+)\/content$/u, 'content'],
  ['GET', /^\/v1\/videos\/(?<id>[^/]+)$/u, 'poll'],
  ['DELETE', /^\/v1\/videos\/(?<id>[^/]+)$/u, 'delete'],
  ['GET', /^\/files\/(?<id>[^/]+)\.mp4$/u, 'link'],
]

function decoded(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    return text
  }
}

/** Finds what a request is about. `HEAD` counts as `GET`. */
export function routeOf(method: string, path: string): Route {
  const wanted = method === 'HEAD' ? 'GET' : method
  const bare = path.startsWith(`${REDIRECT_PREFIX}/`) ? path.slice(REDIRECT_PREFIX.length) : path
  for (const [known, pattern, name] of TABLE) {
    const match = known === wanted ? pattern.exec(bare) : null
    if (match !== null) return { name, id: decoded(match.groups?.['id'] ?? '') }
  }
  return { name: 'unrouted', id: '' }
}
