import type { ReactNode } from 'react'
import { ApiProblem } from '../client.ts'
import { Button } from './Button.tsx'
import styles from './Notice.module.css'

export interface NoticeProps {
  readonly kind?: 'plain' | 'good' | 'bad' | 'warn'
  readonly title?: ReactNode
  readonly children?: ReactNode
  readonly actions?: ReactNode
}

export function Notice({ kind = 'plain', title, children, actions }: NoticeProps) {
  return (
    <div className={`${styles.notice} ${styles[kind]}`} role={kind === 'bad' ? 'alert' : undefined}>
      <div className={styles.text}>
        {title !== undefined && <strong>{title}</strong>}
        {children !== undefined && <div>{children}</div>}
      </div>
      {actions}
    </div>
  )
}

/** The place of a list without rows: what would be here, and how it comes here. */
export function Empty({ title, children }: { readonly title: ReactNode; readonly children?: ReactNode }) {
  return (
    <div className={styles.empty}>
      <strong>{title}</strong>
      {children !== undefined && <p>{children}</p>}
    </div>
  )
}

export function Loading({ what }: { readonly what: string }) {
  return (
    <div className={styles.loading} role="status">
      Loading {what} …
    </div>
  )
}

/** A failed call, with the words of the API. */
export function Failure({ error, retry }: { readonly error: unknown; readonly retry?: () => void }) {
  const requestId = error instanceof ApiProblem ? error.requestId : null
  return (
    <Notice
      kind="bad"
      title={error instanceof Error ? error.message : String(error)}
      actions={retry && <Button onClick={retry}>Try again</Button>}
    >
      {requestId !== null && (
        <>
          Request <code>{requestId}</code>
        </>
      )}
    </Notice>
  )
}
