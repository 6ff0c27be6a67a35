/** How much was moved, as people count it. */
export function rowsText(rows: Readonly<Record<string, number>>): string {
  const all = Object.values(rows).reduce((sum, count) => sum + count, 0)
  return `${rows['tasks'] ?? 0} tasks (${rows['schedule'] ?? 0} under way), ${all} rows`
}
