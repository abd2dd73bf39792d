import type { ReactNode } from 'react'
import styles from './PlainTable.module.css'

export interface PlainTableProps {
  /** The name of the rows, for screen readers. */
  readonly label: string
  readonly head: readonly ReactNode[]
  readonly rows: readonly PlainRow[]
}

export interface PlainRow {
  readonly key: string | number
  readonly cells: readonly ReactNode[]
  /** The row that is shown elsewhere on the page. */
  readonly isChosen?: boolean
}

/** A table of few rows, which wraps its texts. `Table` is for lists that may be long. */
export function PlainTable({ label, head, rows }: PlainTableProps) {
  return (
    <div className={styles.scroller} tabIndex={0} role="region" aria-label={label}>
      <table className={styles.table}>
        <thead>
          <tr>
            {head.map((name, index) => (
              <th key={index} scope="col">
                {name}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {rows.map(({ key, cells, isChosen = false }) => (
            <tr key={key} className={isChosen ? styles.chosen : undefined} aria-current={isChosen || undefined}>
              {cells.map((cell, index) => (
                <td key={index}>{cell}</td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  )
}
