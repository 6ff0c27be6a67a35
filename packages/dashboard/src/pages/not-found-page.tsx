import type { ReactElement } from 'react'
import { EmptyState } from '../ui/empty-state.tsx'
import { PageLinks, type PageLink } from './page-links.tsx'

/** For addresses of no page. */
export function NotFoundPage({ links }: { links: readonly PageLink[] }): ReactElement {
  return (
    <EmptyState icon="search" title="There is no such page" actions={<PageLinks links={links} />}>
      Check the address, or go on from one of these.
    </EmptyState>
  )
}
