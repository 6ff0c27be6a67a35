import type { ReactElement } from 'react'
import { useSession } from '../api/session-context.tsx'
import { EmptyState } from '../ui/empty-state.tsx'
import { PageTitle } from '../ui/page-title.tsx'
import { PageLinks, type PageLink } from './page-links.tsx'

type RefusedPageProps = {
  /** What the page takes. */
  needs: string
  links: readonly PageLink[]
}

/** In the place of a page that the key may not see: why, and which key may. */
export function RefusedPage({ needs, links }: RefusedPageProps): ReactElement {
  const { keyName, project, scopes } = useSession()
  return (
    <>
      <PageTitle title="Not with this key" />
      <EmptyState icon="key" title="This API key may not see this page" actions={<PageLinks links={links} />}>
        It takes a key with {needs}. “{keyName}” of the project “{project}” has{' '}
        {scopes.length === 0 ? 'no scope' : scopes.join(', ')}. Sign out, and sign in with another key, or ask
        whoever looks after the gateway for one.
      </EmptyState>
    </>
  )
}
