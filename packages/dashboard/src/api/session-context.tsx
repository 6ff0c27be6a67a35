import { createContext, useContext, type Context } from 'react'
import type { SignedIn } from './session.ts'

export const SessionContext: Context<SignedIn | null> = createContext<SignedIn | null>(null)

/** Whoever is signed in. Pages are shown to nobody else. */
export function useSession(): SignedIn {
  const session = useContext(SessionContext)
  if (session === null) throw new Error('nobody is signed in around this component')
  return session
}

/** The admin scope includes the others. */
export const hasScope = (session: SignedIn, scope: string): boolean =>
  session.scopes.includes(scope) || session.scopes.includes('admin')
