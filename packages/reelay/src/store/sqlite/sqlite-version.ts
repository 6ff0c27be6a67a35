/** Earlier releases can corrupt a write-ahead log that two connections use: https://sqlite.org/wal.html */
const SQLITE_VERSION_MIN = [3, 51, 3] as const

/** @throws Error when this SQLite can damage databases. */
export function requireSqliteVersion(version: string): void {
  if (!isOlder(version)) return
  throw new Error(
    `this Node brings SQLite ${version}, which can damage databases; Reelay needs ${SQLITE_VERSION_MIN.join('.')} or ` +
      'newer: update Node',
  )
}

function isOlder(version: string): boolean {
  const parts = version.split('.').map(Number)
  for (const [index, least] of SQLITE_VERSION_MIN.entries()) {
    const part = parts[index] ?? 0
    if (part !== least) return part < least
  }
  return false
}
