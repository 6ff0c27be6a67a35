import type { ComponentType, ReactElement } from 'react'
import { Route, Switch } from 'wouter'
import { hasScope, useSession } from './api/session-context.tsx'
import type { SignedIn } from './api/session.ts'
import { GalleryPage } from './pages/gallery/gallery-page.tsx'
import { KeysPage } from './pages/keys/keys-page.tsx'
import { NotFoundPage } from './pages/not-found-page.tsx'
import { PlaygroundPage } from './pages/playground/playground-page.tsx'
import { ProjectsPage } from './pages/projects/projects-page.tsx'
import { ProvidersPage } from './pages/providers/providers-page.tsx'
import { RefusedPage } from './pages/refused-page.tsx'
import { TaskPage } from './pages/task/task-page.tsx'
import { DeliveryPage } from './pages/webhooks/delivery-page.tsx'
import { WebhooksPage } from './pages/webhooks/webhooks-page.tsx'
import type { IconName } from './ui/icon.tsx'

export type Page = {
  /** Behind the #, in wouter's notation. */
  path: string
  component: ComponentType
  /** Its place in the navigation; absent for pages that are reached from others. */
  nav?: { label: string; icon: IconName }
  /** Who is offered it. The gateway decides anew with each request. */
  isFor: (session: SignedIn) => boolean
  /** What a key has to have for that, in words. */
  needs: string
}

const READ = 'the scope “read”'
const ADMIN = 'the scope “admin”'

/** Every page there is: a new one is a line here. The first that matches is shown. */
const PAGES: readonly Page[] = [
  {
    path: '/',
    component: GalleryPage,
    nav: { label: 'Videos', icon: 'film' },
    isFor: mayRead,
    needs: READ,
  },
  { path: '/videos/:id', component: TaskPage, isFor: mayRead, needs: READ },
  {
    path: '/playground',
    component: PlaygroundPage,
    nav: { label: 'Playground', icon: 'wand' },
    isFor: (session) => hasScope(session, 'create'),
    needs: 'the scope “create”',
  },
  {
    path: '/providers',
    component: ProvidersPage,
    nav: { label: 'Providers', icon: 'plug' },
    isFor: ({ administersGateway }) => administersGateway,
    needs: `${ADMIN} in the project “default”`,
  },
  {
    path: '/webhooks',
    component: WebhooksPage,
    nav: { label: 'Webhooks', icon: 'bell' },
    isFor: isAdmin,
    needs: ADMIN,
  },
  { path: '/webhooks/deliveries/:id', component: DeliveryPage, isFor: isAdmin, needs: ADMIN },
  { path: '/keys', component: KeysPage, nav: { label: 'Keys', icon: 'key' }, isFor: isAdmin, needs: ADMIN },
  {
    path: '/projects',
    component: ProjectsPage,
    nav: { label: 'Projects', icon: 'folder' },
    isFor: isAdmin,
    needs: ADMIN,
  },
]

function mayRead(session: SignedIn): boolean {
  return hasScope(session, 'read')
}

/** Of its own project at least. */
function isAdmin(session: SignedIn): boolean {
  return hasScope(session, 'admin')
}

export function usePages(): readonly Page[] {
  const session = useSession()
  return PAGES.filter(({ isFor }) => isFor(session))
}

export function Routes(): ReactElement {
  const pages = usePages()
  const links = pages.flatMap(({ path, nav }) => (nav === undefined ? [] : [{ path, label: nav.label }]))
  return (
    <Switch>
      {pages.map(({ path, component }) => (
        <Route key={path} path={path} component={component} />
      ))}
      {PAGES.map(({ path, needs }) => (
        <Route key={`refused ${path}`} path={path}>
          <RefusedPage needs={needs} links={links} />
        </Route>
      ))}
      <Route>
        <NotFoundPage links={links} />
      </Route>
    </Switch>
  )
}
