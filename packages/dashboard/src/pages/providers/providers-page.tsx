import { useQuery } from '@tanstack/react-query'
import type { ReactElement } from 'react'
import { readProviderAccounts, type ProviderAccounts } from '../../api/provider-accounts.ts'
import { readProviderFigures } from '../../api/provider-figures.ts'
import { queryKeys } from '../../api/query-keys.ts'
import { useModels } from '../../api/use-models.ts'
import { Button } from '../../ui/button.tsx'
import { EmptyState } from '../../ui/empty-state.tsx'
import { ErrorNote } from '../../ui/error-note.tsx'
import { Loading } from '../../ui/loading.tsx'
import { PageTitle } from '../../ui/page-title.tsx'
import { useNow } from '../../use-now.ts'
import { AccountCard } from './account-card.tsx'

/** Each look asks every provider whether its credentials work: not more often than somebody wants to know. */
const FRESH_MS = 60_000
const PAUSES_MS = 5_000

/** The accounts that videos are made with. */
export function ProvidersPage(): ReactElement {
  const accounts = useQuery({
    queryKey: queryKeys.providers,
    queryFn: ({ signal }) => readProviderAccounts(signal),
    staleTime: FRESH_MS,
    refetchOnWindowFocus: false,
  })
  return (
    <>
      <PageTitle
        title="Providers"
        about="The accounts that videos are made with, the preferred first. The check of their credentials spends nothing."
        actions={
          <Button icon="again" disabled={accounts.isFetching} onClick={() => void accounts.refetch()}>
            {accounts.isFetching ? 'Checking…' : 'Check again'}
          </Button>
        }
      />
      {accounts.error === null ? null : <ErrorNote error={accounts.error} />}
      {accounts.isPending ? <Loading what="the providers, and checking each" /> : null}
      {accounts.data === undefined ? null : <Accounts found={accounts.data} />}
    </>
  )
}

function Accounts({ found }: { found: ProviderAccounts }): ReactElement {
  const { accounts, callbackBase } = found
  const models = useModels().data ?? []
  // Beside the point where they cannot be had: a process that does no work counts nothing.
  const figures = useQuery({
    queryKey: queryKeys.figures,
    queryFn: ({ signal }) => readProviderFigures(signal),
  })
  const nowMs = useNow(PAUSES_MS)
  if (accounts.length === 0) {
    return (
      <EmptyState icon="plug" title="No provider is set up">
        Give the gateway a key of a provider, for instance{' '}
        <code className="font-mono text-xs">COMETAPI_KEY</code>, and start it again: the settings are in
        docs/settings.md.
      </EmptyState>
    )
  }
  return (
    <>
      <ul aria-label="Provider accounts" className="grid gap-4 md:grid-cols-2 xl:grid-cols-3">
        {accounts.map((account) => (
          <li key={account.account} className="min-w-0">
            <AccountCard
              account={account}
              figures={figures.data?.get(account.provider) ?? null}
              models={models.filter(({ owned_by: owner }) => owner === account.account)}
              isReachable={callbackBase !== null}
              nowMs={nowMs}
            />
          </li>
        ))}
      </ul>
      <p className="mt-5 max-w-prose text-sm text-muted">
        {callbackBase === null ? (
          <>
            No provider is given an address to call back, because this gateway has no public HTTPS address:
            set <code className="font-mono text-xs">REELAY_PUBLIC_URL</code>. Videos are found by looking
            either way.
          </>
        ) : (
          <>
            Addresses to call back begin with{' '}
            <code className="font-mono text-xs break-all">{callbackBase}</code>.
          </>
        )}{' '}
        Looks, and how soon ends are noticed, are counted by the process that answers, since it was started.
      </p>
    </>
  )
}
