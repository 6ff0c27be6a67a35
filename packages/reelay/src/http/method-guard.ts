type Target = { method: string; path: string }

const patterns = new Map<string, RegExp>()

function patternOf(path: string): RegExp {
  const known = patterns.get(path)
  if (known !== undefined) return known
  const source = path
    .replace(/:\w+\{.+\}$/, '*')
    .replaceAll('.', '\\.')
    .replaceAll(/:\w+/g, '[^/]+')
    .replace('*', '.+')
  const pattern = new RegExp(`^${source}$`)
  patterns.set(path, pattern)
  return pattern
}

/** The methods that a path answers, for `Allow`; none when there is nothing at it. */
export function allowedMethods(path: string, routes: readonly Target[]): readonly string[] {
  const methods = routes.filter((route) => patternOf(route.path).test(path)).map((route) => route.method)
  return [...new Set(methods.flatMap((method) => (method === 'GET' ? ['GET', 'HEAD'] : [method])))].toSorted()
}
