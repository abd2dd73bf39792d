import type { ReactNode } from 'react'
import styles from './Tabs.module.css'

/** Links to the parts of a page. The link of the part in view has `aria-current`. */
export function Tabs({ label, children }: { readonly label: string; readonly children: ReactNode }) {
  return (
    <nav className={styles.tabs} aria-label={label}>
      {children}
    </nav>
  )
}
