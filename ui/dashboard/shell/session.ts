import { createContext, useContext } from 'react'
import type { Session } from '../../shared/types.ts'

export const sessionPath = '/dashboard/session'

/** The session of the operator who is signed in. */
export const SessionContext = createContext<Session | null>(null)

export function useSession(): Session {
  const session = useContext(SessionContext)
  if (session === null) throw new Error('this part is shown to operators who are signed in')
  return session
}

/** Whether the operator may change something. */
export function useCanChange(): boolean {
  return useSession().key.role === 'admin'
}
