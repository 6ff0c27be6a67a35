import { QueryClient, QueryClientProvider } from '@tanstack/react-query'
import { StrictMode } from 'react'
import { createRoot } from 'react-dom/client'
import { ApiContext, createApi } from './api/api-context.tsx'
import { queryKeys } from './api/query-keys.ts'
import { App } from './app.tsx'
import { applyTheme, storedTheme } from './theme.ts'

applyTheme(storedTheme())

// The SDK repeats what may be repeated: once more around it would only make a failure slow.
const queries = new QueryClient({ defaultOptions: { queries: { retry: false, staleTime: 5_000 } } })
const api = createApi(() => void queries.invalidateQueries({ queryKey: queryKeys.session }))
const root = document.querySelector('#root')
if (root === null) throw new Error('index.html has no #root')
createRoot(root).render(
  <StrictMode>
    <QueryClientProvider client={queries}>
      <ApiContext value={api}>
        <App />
      </ApiContext>
    </QueryClientProvider>
  </StrictMode>,
)
