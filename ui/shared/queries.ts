// Reads of the API through TanStack Query.

import {
  keepPreviousData,
  QueryClient,
  useInfiniteQuery,
  useQuery,
  useQueryClient,
  type UseQueryResult,
} from '@tanstack/react-query'
import { useCallback } from 'react'
import { ApiProblem, call, type Query } from './client.ts'
import type { LoadedRows } from './parts/Table.tsx'
import type { Page } from './types.ts'

/** A read that failed for a while is repeated until it succeeds, so that a page goes on by itself. */
export const queryClient = new QueryClient({
  defaultOptions: {
    queries: {
      retry: (failures, error) => error instanceof ApiProblem && error.isTemporary && failures < 100,
      retryDelay: (failures) => Math.min(1000 * 2 ** failures, 10_000),
      networkMode: 'always',
      refetchOnWindowFocus: true,
      staleTime: 5_000,
    },
    mutations: { networkMode: 'always' },
  },
})

export interface ReadOptions {
  readonly query?: Query
  /** Reads again after this time while the page is seen; default: never. */
  readonly everyMs?: number
  readonly isEnabled?: boolean
}

/** One object. Reads of the same path and query share one call. */
export function useRead<Answer>(
  path: string,
  { query = {}, everyMs, isEnabled = true }: ReadOptions = {},
): UseQueryResult<Answer> {
  return useQuery({
    queryKey: [path, query],
    queryFn: ({ signal }) => call<Answer>('GET', path, { query, signal }),
    enabled: isEnabled,
    placeholderData: keepPreviousData,
    ...(everyMs !== undefined && { refetchInterval: everyMs }),
  })
}

/** A list with a cursor, for `Table`. */
export function useList<Row>(
  path: string,
  { query = {}, everyMs, isEnabled = true }: ReadOptions = {},
): LoadedRows<Row> {
  const found = useInfiniteQuery({
    queryKey: [path, query, 'pages'],
    queryFn: ({ pageParam, signal }) =>
      call<Page<Row>>('GET', path, { query: { ...query, cursor: pageParam }, signal }),
    initialPageParam: null as string | null,
    getNextPageParam: (page) => page.nextCursor,
    enabled: isEnabled,
    ...(everyMs !== undefined && { refetchInterval: everyMs }),
  })
  const { fetchNextPage, refetch } = found
  return {
    rows: found.data?.pages.flatMap(({ data }) => data) ?? [],
    isLoading: found.isLoading,
    error: found.error,
    hasMore: found.hasNextPage,
    isLoadingMore: found.isFetchingNextPage,
    loadMore: useCallback(() => void fetchNextPage(), [fetchNextPage]),
    retry: useCallback(() => void refetch(), [refetch]),
  }
}

/** Returns a function that makes every read below the paths be read again, after a change. */
export function useChanged(): (...paths: readonly string[]) => Promise<void> {
  const client = useQueryClient()
  return useCallback(
    async (...paths) => {
      await client.invalidateQueries({
        predicate: ({ queryKey: [read] }) => paths.some((path) => typeof read === 'string' && read.startsWith(path)),
      })
    },
    [client],
  )
}
