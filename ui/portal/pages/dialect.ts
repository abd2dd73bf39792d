import type { UseQueryResult } from '@tanstack/react-query'
import { useRead } from '../../shared/queries.ts'
import type { Dialect } from '../../shared/types.ts'
import { useSession } from '../shell/session.ts'

/** The dialect of the session. */
export function useDialect(): UseQueryResult<Dialect> {
  return useRead<Dialect>(`/portal/api/v1/dialects/${useSession().dialect}`)
}
