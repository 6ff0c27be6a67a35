/**
 * What the error reference says of a task's error, as plain text: the reference is read here, so that both always say the
 * same. Undefined for a code that it does not have.
 * @param reference docs/errors.md
 */
export function taskErrorAdvice(reference: string, code: string): string | undefined {
  const section = reference.split(/^## /m).find((part) => part.startsWith('Task errors'))
  const entry = section?.split(/^### /m).find((part) => part.startsWith(`\`${code}\``))
  if (entry === undefined) return undefined
  const text = entry
    .slice(entry.indexOf('\n'))
    .trim()
    .replaceAll(/\s+/g, ' ')
    .replaceAll(/\[([^\]]*)\]\([^)]*\)/g, '$1')
    .replaceAll('`', '')
  // Both are shown beside it.
  return text.replace(/^Status \w+, type \w+\. /, '')
}
