import { useVirtualizer } from '@tanstack/react-virtual'
import { type ReactNode, useEffect, useRef, useSyncExternalStore } from 'react'
import { Button } from './Button.tsx'
import { Failure, Loading } from './Notice.tsx'
import styles from './Table.module.css'
import { Time } from './Time.tsx'

export interface Column<Row> {
  readonly name: string
  readonly cell: (row: Row) => ReactNode
  /** The width in a grid: `120px`, `minmax(0, 2fr)`; default: `minmax(0, 1fr)`. */
  readonly width?: string
}

/** The rows of a list that is loaded page by page, as TanStack Query's `useInfiniteQuery` gives them. */
export interface LoadedRows<Row> {
  readonly rows: readonly Row[]
  readonly isLoading: boolean
  readonly error: unknown
  readonly hasMore: boolean
  /** The time back to which a list that searches has come; null: it has no such time, or has ended. */
  readonly searchedTo: string | null
  /** The last page had no rows: a person decides whether the search goes on. */
  readonly isSparse: boolean
  readonly isLoadingMore: boolean
  readonly loadMore: () => void
  readonly retry: () => void
  /** Called when the first row comes into view, or leaves it. */
  readonly atTop: (isTop: boolean) => void
}

export interface TableProps<Row> {
  /** The name of the rows, in the plural: `deliveries`. */
  readonly what: string
  readonly columns: readonly Column<Row>[]
  readonly loaded: LoadedRows<Row>
  readonly keyOf: (row: Row) => string
  /** Shown in place of a list without rows. */
  readonly empty: ReactNode
}

const rowHeight = 41
/** On a narrow screen each cell is a line, and each row has a space above and below. */
const lineHeight = 26
const rowSpace = 17
const narrow = '(max-width: 640px)'

/** A list of any length: only the rows in view are in the page, and further ones are loaded near its end. */
export function Table<Row>({ what, columns, loaded, keyOf, empty }: TableProps<Row>) {
  const { rows, isLoading, error, hasMore, searchedTo, isSparse, isLoadingMore, loadMore, retry, atTop } = loaded
  const scroller = useRef<HTMLDivElement>(null)
  const isNarrow = useNarrow()
  const height = isNarrow ? columns.length * lineHeight + rowSpace : rowHeight
  const virtual = useVirtualizer({
    count: rows.length,
    getScrollElement: () => scroller.current,
    estimateSize: () => height,
    overscan: 12,
    getItemKey: (index) => keyOf(rows[index] as Row),
  })
  useEffect(() => virtual.measure(), [virtual, height])
  const items = virtual.getVirtualItems()
  const last = items.at(-1)?.index ?? -1
  const isNearEnd = rows.length > 0 && !isSparse && last >= rows.length - 10
  const wasAtTop = useRef(true)
  const scrolled = (scrollTop: number): void => {
    const isTop = scrollTop < height
    if (isTop !== wasAtTop.current) atTop(isTop)
    wasAtTop.current = isTop
  }
  useEffect(() => {
    if (isNearEnd && hasMore && !isLoadingMore && error === null) loadMore()
  }, [isNearEnd, hasMore, isLoadingMore, error, loadMore])

  if (isLoading) return <Loading what={what} />
  if (error !== null && rows.length === 0) return <Failure error={error} retry={retry} />
  if (rows.length === 0 && !hasMore) return <>{empty}</>
  const template = isNarrow ? undefined : columns.map(({ width = 'minmax(0, 1fr)' }) => width).join(' ')
  return (
    <div>
      <div
        ref={scroller}
        className={styles.scroller}
        tabIndex={0}
        role="region"
        aria-label={what}
        onScroll={({ currentTarget }) => scrolled(currentTarget.scrollTop)}
      >
        <div
          role="table"
          aria-label={what}
          aria-rowcount={hasMore ? -1 : rows.length + 1}
          className={`${styles.table} ${isNarrow ? styles.narrow : ''}`}
        >
          <div role="row" aria-rowindex={1} className={styles.head} style={{ gridTemplateColumns: template }}>
            {columns.map(({ name }) => (
              <div key={name} role="columnheader" className={styles.cell}>
                {name}
              </div>
            ))}
          </div>
          <div role="rowgroup" className={styles.body} style={{ height: virtual.getTotalSize() }}>
            {items.map(({ index, key, start }) => (
              <div
                key={key}
                role="row"
                aria-rowindex={index + 2}
                className={styles.row}
                style={{ gridTemplateColumns: template, height, transform: `translateY(${start}px)` }}
              >
                {columns.map(({ name, cell }) => (
                  <div key={name} role="cell" data-column={name} className={styles.cell}>
                    {isNarrow ? (
                      <div className={styles.value}>{cell(rows[index] as Row)}</div>
                    ) : (
                      cell(rows[index] as Row)
                    )}
                  </div>
                ))}
              </div>
            ))}
          </div>
        </div>
      </div>
      <div className={styles.foot}>
        <span>
          Shown: {rows.length}
          {hasMore && searchedTo === null && ', and there are more'}
          {hasMore && searchedTo !== null && (
            <>
              , searched back to <Time at={searchedTo} />
            </>
          )}
        </span>
        {error !== null && <Failure error={error} retry={retry} />}
        {hasMore && (
          <Button onClick={loadMore} isBusy={isLoadingMore}>
            {isLoadingMore ? 'Loading …' : searchedTo === null ? 'Load more' : 'Search further'}
          </Button>
        )}
      </div>
    </div>
  )
}

function useNarrow(): boolean {
  return useSyncExternalStore(listenToWidth, () => matchMedia(narrow).matches)
}

function listenToWidth(listener: () => void): () => void {
  const query = matchMedia(narrow)
  query.addEventListener('change', listener)
  return () => query.removeEventListener('change', listener)
}
