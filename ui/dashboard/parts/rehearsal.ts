// The answers of the dialect's own API to changes that are not made.

import { keepPreviousData, useQuery } from '@tanstack/react-query'
import { useEffect, useState } from 'react'
import { call } from '../../shared/client.ts'
import type { ShownRequest } from '../../shared/http-request.ts'
import { jsonTextOf } from '../../shared/json-text.ts'
import type { CustomersView } from '../../shared/types.ts'

/** A person types in the meantime. */
const settledMs = 300

export interface RehearsalOptions {
  /** The change is made already. */
  readonly done: boolean
  readonly secrets?: 'hidden'
}

export interface Rehearsal {
  /** The answer; undefined: it is not known yet. */
  readonly view: CustomersView | undefined
  /** It is the former answer, until the next one comes. */
  readonly isFormer: boolean
}

/** The answer to a customer's request. */
export function useRehearsal(tenant: string, request: ShownRequest, options: RehearsalOptions): Rehearsal {
  const settled = useSettled(request)
  const { method, path, body } = options.done ? request : settled
  const target = `/v1/tenants/${encodeURIComponent(tenant)}/as-dialect`
  const asked = { method, path, ...(body !== undefined && { body }), ...options }
  const { data: view, isPlaceholderData: isFormer } = useQuery({
    queryKey: [target, jsonTextOf(asked)],
    queryFn: ({ signal }) => call<CustomersView>('POST', target, { body: asked, signal }),
    placeholderData: keepPreviousData,
    // The answer depends on the endpoint as it is when it is asked for.
    staleTime: Infinity,
    gcTime: 0,
  })
  return { view, isFormer }
}

/** The last request that has stayed the same for a while. */
function useSettled(request: ShownRequest): ShownRequest {
  const [settled, setSettled] = useState(request)
  const text = jsonTextOf(request)
  useEffect(() => {
    const timer = setTimeout(() => setSettled(request), settledMs)
    return () => clearTimeout(timer)
    // Each rendering makes another object of the same request.
  }, [text])
  return settled
}
