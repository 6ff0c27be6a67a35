/** Headers of a request: the platform's object, or a plain one as Node and the frameworks hand it out. */
export type WebhookHeaders =
  | { get(name: string): string | null }
  | Readonly<Record<string, string | readonly string[] | undefined>>

/** One header by its lower-case name, whatever the case of the sender; repeated ones joined as HTTP says. */
export function headerOf(headers: WebhookHeaders, name: string): string | null {
  if (isHeadersObject(headers)) return headers.get(name)
  const values = Object.entries(headers)
    .filter(([key]) => key.toLowerCase() === name)
    .flatMap(([, value]) => value ?? [])
  return values.length === 0 ? null : values.join(', ')
}

const isHeadersObject = (headers: WebhookHeaders): headers is { get(name: string): string | null } =>
  typeof headers['get'] === 'function'
