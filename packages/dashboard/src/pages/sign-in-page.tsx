import { useMutation, useQueryClient } from '@tanstack/react-query'
import { useState, type FormEvent, type ReactElement } from 'react'
import { queryKeys } from '../api/query-keys.ts'
import { signIn } from '../api/session.ts'
import { Button } from '../ui/button.tsx'
import { Field } from '../ui/field.tsx'
import { Logo } from '../ui/logo.tsx'
import { PageTitle } from '../ui/page-title.tsx'

/** Takes an API key, and keeps nothing of it. */
export function SignInPage(): ReactElement {
  const [key, setKey] = useState('')
  const queries = useQueryClient()
  const signing = useMutation({
    mutationFn: signIn,
    onSuccess: (session) => {
      setKey('')
      // Of whoever was signed in before, maybe for another project.
      queries.removeQueries({ predicate: ({ queryKey }) => queryKey[0] !== queryKeys.session[0] })
      queries.setQueryData(queryKeys.session, session)
    },
  })
  const submit = (event: FormEvent): void => {
    event.preventDefault()
    if (key.trim() !== '') signing.mutate(key.trim())
  }
  return (
    <main className="mx-auto flex min-h-dvh max-w-md flex-col justify-center px-4 py-12">
      <div className="rounded-2xl border border-line bg-surface p-6 shadow-sm sm:p-8">
        <div className="mb-6">
          <Logo />
        </div>
        <PageTitle
          title="Sign in"
          about="With an API key of this gateway. It stays signed in for twelve hours."
        />
        <form onSubmit={submit} className="flex flex-col gap-4">
          <Field
            label="API key"
            error={signing.error?.message ?? null}
            hint="It is sent once. The page keeps a cookie that no script can read, and never the key."
          >
            {(input) => (
              <input
                {...input}
                type="password"
                name="key"
                autoComplete="current-password"
                spellCheck={false}
                required
                maxLength={512}
                placeholder="rk_…"
                value={key}
                onChange={(event) => setKey(event.currentTarget.value)}
              />
            )}
          </Field>
          <Button kind="primary" type="submit" disabled={signing.isPending}>
            {signing.isPending ? 'Signing in…' : 'Sign in'}
          </Button>
        </form>
        <details className="mt-6 text-sm text-muted">
          <summary className="font-medium text-ink">Where is my key?</summary>
          <p className="mt-2">
            On its first start the gateway writes an admin key to <code className="font-mono">admin.key</code>{' '}
            in its data directory and prints that path. To print the key itself, on the machine of the
            gateway:
          </p>
          <pre className="mt-2 overflow-x-auto rounded-lg bg-raised p-3 font-mono text-xs text-ink">
            {'cat "${REELAY_DATA_DIR:-${XDG_DATA_HOME:-$HOME/.local/share}/reelay}/admin.key"'}
          </pre>
          <p className="mt-2">
            Keys for others are made with <code className="font-mono">reelay keys create</code>.
          </p>
        </details>
      </div>
    </main>
  )
}
