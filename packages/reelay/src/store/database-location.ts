/** Where the rows are, as REELAY_DATABASE_URL says. */
export type DatabaseLocation =
  | { kind: 'sqlite'; path: string }
  | { kind: 'postgres'; url: string; connectionsMax: number }

const POSTGRES = /^postgres(?:ql)?:\/\//

/** Whether several processes may work on it at the same time. */
export const isShared = (url: string | undefined): boolean => POSTGRES.test(url ?? '')

/**
 * Reads REELAY_DATABASE_URL.
 * @returns where it is, an empty path for the usual place; or what is wrong with it, in one sentence
 */
export function readDatabaseLocation(
  url: string | undefined,
): { kind: 'sqlite'; path: string } | { kind: 'postgres'; url: string } | string {
  if (url === undefined) return { kind: 'sqlite', path: '' }
  if (url.startsWith('sqlite:')) return { kind: 'sqlite', path: url.replace(/^sqlite:(\/\/)?/, '') }
  if (!isShared(url)) return 'must start with sqlite: or postgres://'
  const parsed = URL.parse(url)
  if (parsed === null || parsed.hostname === '')
    return 'must look like postgres://user:password@host:5432/database'
  if (parsed.pathname.length < 2) return 'names no database: postgres://user:password@host:5432/database'
  return { kind: 'postgres', url }
}
