import type { Option } from '../../ui/toggle-list.tsx'

export type Scope = 'create' | 'read' | 'content' | 'admin'

/** What a key may do, in words. */
export const SCOPES: readonly Option<Scope>[] = [
  { value: 'create', label: 'create', about: 'create, cancel and delete videos' },
  { value: 'read', label: 'read', about: 'retrieve and list videos and models' },
  { value: 'content', label: 'content', about: 'download files' },
  { value: 'admin', label: 'admin', about: 'all of these, and keys, webhooks and more of its project' },
]
