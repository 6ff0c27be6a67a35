import type { Route } from './dialect.ts'
import { REDIRECT_PREFIX } from './fault-answer.ts'

export interface Match {
  readonly route: Route
  /** The named groups of its path, decoded. */
  readonly params: Readonly<Record<string, string>>
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    return text
  }
}

/** A path without the prefix that redirects lead to. */
export function barePath(path: string): string {
  return path.startsWith(`${REDIRECT_PREFIX}/`) ? path.slice(REDIRECT_PREFIX.length) : path
}

/** The named groups of a path that the pattern matches whole; null when it does not. */
export function paramsOf(pattern: RegExp, path: string): Readonly<Record<string, string>> | null {
  const match = pattern.exec(path)
  if (match === null || match[0] !== path) return null
  const groups = Object.entries(match.groups ?? {}).flatMap(([name, text]): [string, string][] =>
    text === undefined ? [] : [[name, decoded(text)]],
  )
  return Object.fromEntries(groups)
}

/** The first route for a method and a path. `HEAD` counts as `GET`. */
export function matchRoute(routes: readonly Route[], method: string, path: string): Match | null {
  const wanted = method === 'HEAD' ? 'GET' : method
  for (const route of routes) {
    const params = route.method === wanted ? paramsOf(route.path, path) : null
    if (params !== null) return { route, params }
  }
  return null
}
