import { createContext, useContext } from 'react'
import type { PortalSession } from '../../shared/types.ts'

export const sessionPath = '/portal/session'

export const dialectInAddress = location.pathname.split('/')[2] ?? ''

export const SessionContext = createContext<PortalSession | null>(null)

export function useSession(): PortalSession {
  const session = useContext(SessionContext)
  if (session === null) throw new Error('this part is shown within a session')
  return session
}

/** Whether the session may call a route, by the route's name in the OpenAPI document. */
export function useMay(): (route: string) => boolean {
  const { may } = useSession()
  return (route) => may.includes(route)
}

/** The path of a route about the session's tenant. */
export function useTenantPath(): (rest: string) => string {
  const { tenant } = useSession()
  return (rest) => `/portal/api/v1/tenants/${encodeURIComponent(tenant)}${rest}`
}
