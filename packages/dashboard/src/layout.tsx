import { useQueryClient } from '@tanstack/react-query'
import type { ReactElement, ReactNode } from 'react'
import { Link, useLocation } from 'wouter'
import { useSession } from './api/session-context.tsx'
import { signOut } from './api/session.ts'
import { usePages } from './routes.tsx'
import { Button } from './ui/button.tsx'
import { classNames } from './ui/class-names.ts'
import { Icon } from './ui/icon.tsx'
import { Logo } from './ui/logo.tsx'
import { ThemeButton } from './ui/theme-button.tsx'

/** What is around every page. */
export function Layout({ children }: { children: ReactNode }): ReactElement {
  return (
    <div className="flex min-h-dvh flex-col">
      <a
        href="#main"
        className="sr-only focus:not-sr-only focus:absolute focus:z-50 focus:m-2 focus:rounded focus:bg-surface focus:p-2"
        onClick={(event) => {
          // The part behind the # is the page's address here.
          event.preventDefault()
          document.querySelector<HTMLElement>('#main')?.focus()
        }}
      >
        Skip to the content
      </a>
      <header className="sticky top-0 z-20 border-b border-line bg-surface/90 backdrop-blur">
        <div className="mx-auto flex max-w-7xl items-center gap-2 px-4 sm:gap-5 sm:px-6">
          <Link href="/" aria-label="Reelay, all videos" className="py-3 text-ink no-underline">
            <Logo />
          </Link>
          <Navigation />
          <Account />
        </div>
      </header>
      <main
        id="main"
        tabIndex={-1}
        className="mx-auto w-full max-w-7xl flex-1 px-4 py-6 outline-none sm:px-6"
      >
        {children}
      </main>
    </div>
  )
}

function Navigation(): ReactElement {
  const [location] = useLocation()
  const isHere = (path: string): boolean =>
    path === '/' ? location === '/' || location.startsWith('/videos/') : location.startsWith(path)
  return (
    <nav aria-label="Pages" className="-mb-px flex flex-1 gap-1 self-stretch max-sm:gap-0 overflow-x-auto">
      {usePages().map(({ path, nav }) =>
        nav === undefined ? null : (
          <Link
            key={path}
            href={path}
            title={nav.label}
            aria-current={isHere(path) ? 'page' : undefined}
            className={classNames(
              'flex items-center gap-2 border-b-2 px-2 text-sm font-medium no-underline sm:px-3',
              isHere(path) ? 'border-accent text-ink' : 'border-transparent text-muted hover:text-ink',
            )}
          >
            <Icon name={nav.icon} className="lg:max-xl:hidden" />
            <span className="max-lg:sr-only">{nav.label}</span>
          </Link>
        ),
      )}
    </nav>
  )
}

function Account(): ReactElement {
  const session = useSession()
  const queries = useQueryClient()
  const leave = async (): Promise<void> => {
    await signOut()
    // Nothing of what was shown stays in the page.
    queries.clear()
    globalThis.location.reload()
  }
  return (
    <div className="flex items-center gap-1">
      <span className="hidden text-right text-xs leading-tight text-muted lg:block">
        <span className="block font-medium text-ink">{session.keyName}</span>
        Project {session.project}
      </span>
      <a href="/docs" className="hidden rounded-lg p-2 text-sm text-muted hover:text-ink sm:block">
        API
      </a>
      <ThemeButton />
      <Button kind="quiet" icon="leave" className="px-2" onClick={() => void leave()}>
        <span className="max-md:sr-only">Sign out</span>
      </Button>
    </div>
  )
}
