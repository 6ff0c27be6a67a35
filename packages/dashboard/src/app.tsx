import { useQuery } from '@tanstack/react-query'
import type { ReactElement } from 'react'
import { Router } from 'wouter'
import { useHashLocation } from 'wouter/use-hash-location'
import { queryKeys } from './api/query-keys.ts'
import { SessionContext } from './api/session-context.tsx'
import { readSession } from './api/session.ts'
import { Layout } from './layout.tsx'
import { SignInPage } from './pages/sign-in-page.tsx'
import { Routes } from './routes.tsx'
import { ErrorNote } from './ui/error-note.tsx'
import { Loading } from './ui/loading.tsx'

/** The whole page: nothing but the sign-in for whoever is not signed in. */
export function App(): ReactElement {
  const session = useQuery({
    queryKey: queryKeys.session,
    queryFn: ({ signal }) => readSession(signal),
    staleTime: 60_000,
    refetchInterval: 300_000,
  })
  if (session.data === undefined) {
    return (
      <main className="mx-auto mt-24 max-w-md px-4">
        {session.error === null ? <Loading what="the dashboard" /> : <ErrorNote error={session.error} />}
      </main>
    )
  }
  if (session.data === null) return <SignInPage />
  return (
    // Addresses behind a #: a client whose base URL lacks /v1 must find an error at /videos/…, and never a page.
    // oxlint-disable-next-line react/hooks -- this is how the router takes it
    <Router hook={useHashLocation}>
      <SessionContext value={session.data}>
        <Layout>
          <Routes />
        </Layout>
      </SessionContext>
    </Router>
  )
}
