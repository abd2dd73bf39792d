// Reads of the API through TanStack Query.

import {
  QueryClient,
  useInfiniteQuery,
  useQuery,
  useQueryClient,
  type InfiniteData,
  type UseQueryResult,
} from '@tanstack/react-query'
import { useCallback, useState } from 'react'
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

export interface OneReadOptions<Answer> extends Omit<ReadOptions, 'everyMs'> {
  /** As in `ReadOptions`; a function decides it by the last answer. False: never. */
  readonly everyMs?: number | ((last: Answer | undefined) => number | false)
  /** The answer is not read again when the window gets the focus. */
  readonly isOnce?: boolean
}

/**
 * One object. Reads of the same path and query share one call. With another query, the last answer stays until the new
 * one comes.
 */
export function useRead<Answer>(
  path: string,
  { query = {}, everyMs, isEnabled = true, isOnce = false }: OneReadOptions<Answer> = {},
): UseQueryResult<Answer> {
  const found = useQuery({
    queryKey: [path, query],
    queryFn: ({ signal }) => call<unknown>('GET', path, { query, signal }),
    enabled: isEnabled,
    placeholderData: (last, read) => (read?.queryKey[0] === path ? last : undefined),
    refetchInterval: ({ state }) =>
      typeof everyMs === 'function' ? everyMs(state.data as Answer | undefined) : (everyMs ?? false),
    ...(isOnce && { staleTime: Infinity }),
  })
  return found as UseQueryResult<Answer>
}

/** A list with a cursor, for `Table`. It is read again only while its first row is in view. */
export function useList<Row>(
  path: string,
  { query = {}, everyMs, isEnabled = true }: ReadOptions = {},
): LoadedRows<Row> {
  const client = useQueryClient()
  const [isAtTop, setAtTop] = useState(true)
  const key = [path, query, 'pages']
  const found = useInfiniteQuery({
    queryKey: key,
    queryFn: ({ pageParam, signal }) =>
      call<Page<Row>>('GET', path, { query: { ...query, cursor: pageParam }, signal }),
    initialPageParam: null as string | null,
    getNextPageParam: (page) => page.nextCursor,
    enabled: isEnabled,
    refetchOnWindowFocus: isAtTop,
    ...(everyMs !== undefined && { refetchInterval: isAtTop && everyMs }),
  })
  const { data, fetchNextPage, refetch } = found
  const last = data?.pages.at(-1)
  return {
    rows: data?.pages.flatMap((page) => page.data) ?? [],
    isLoading: found.isLoading,
    error: found.error,
    hasMore: found.hasNextPage,
    searchedTo: last?.searchedTo ?? null,
    isSparse: last?.data.length === 0,
    isLoadingMore: found.isFetchingNextPage,
    loadMore: useCallback(() => void fetchNextPage(), [fetchNextPage]),
    retry: useCallback(() => void refetch(), [refetch]),
    atTop: (isTop) => {
      setAtTop(isTop)
      // Each page would be read again: the first one is enough until a person scrolls.
      if (isTop) client.setQueryData(key, firstPage)
    },
  }
}

function firstPage<Answer, Param>(data: InfiniteData<Answer, Param> | undefined) {
  return data && { pages: data.pages.slice(0, 1), pageParams: data.pageParams.slice(0, 1) }
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
