import type { ReactElement } from 'react'
import { Link } from 'wouter'
import { buttonClass } from '../ui/button.tsx'

export type PageLink = { path: string; label: string }

/** Where to go on from a page that there is not. */
export function PageLinks({ links }: { links: readonly PageLink[] }): ReactElement {
  return (
    <>
      {links.map(({ path, label }) => (
        <Link key={path} href={path} className={buttonClass()}>
          {label}
        </Link>
      ))}
    </>
  )
}
