import { type ReactNode, useEffect, useState } from 'react'
import { ApiProblem, call, onRefused } from '../../shared/client.ts'
import { Failure, Loading, Notice } from '../../shared/parts/Notice.tsx'
import { ProductContext } from '../../shared/parts/Page.tsx'
import { useRead } from '../../shared/queries.ts'
import type { PortalSession } from '../../shared/types.ts'
import { applyBranding } from './branding.ts'
import { tellParents } from './parents.ts'
import styles from './OpenedLink.module.css'
import { SessionContext, sessionPath } from './session.ts'

/** The session is extended at this interval while the page is open. */
const extendMs = 10 * 60_000

/**
 * Opens the link in the address: the code behind `#` becomes a session. Without a code, a session that was opened before
 * goes on.
 */
const opening: Promise<unknown> = openLink()

async function openLink(): Promise<void> {
  const code = location.hash.slice(1)
  if (code === '') return
  // The code works once, and it should not stay in the history.
  history.replaceState(null, '', location.pathname)
  await call('POST', sessionPath, { body: { code } })
}

export function OpenedLink({ children }: { readonly children: ReactNode }) {
  const [isOpened, setOpened] = useState(false)
  // A link that was opened before is told by the read of the session.
  useEffect(() => void opening.catch(() => {}).then(() => setOpened(true)), [])
  return isOpened ? <Session>{children}</Session> : <Loading what="your webhooks" />
}

function Session({ children }: { readonly children: ReactNode }) {
  const session = useRead<PortalSession>(sessionPath, { everyMs: 60_000 })
  const { data, error, refetch } = session
  const hasEnded = error instanceof ApiProblem && error.status === 401

  useEffect(() => onRefused((path) => void (path !== sessionPath && refetch())), [refetch])
  useEffect(() => {
    const timer = setInterval(() => void call('POST', sessionPath, { body: {} }).catch(() => {}), extendMs)
    return () => clearInterval(timer)
  }, [])
  useEffect(() => {
    if (data !== undefined) applyBranding(data.branding)
  }, [data])
  useEffect(() => {
    if (hasEnded) tellParents({ type: 'posthorn.ended' }, data?.parents)
  }, [hasEnded, data])

  if (hasEnded) return <Ended wasOpen={data !== undefined} />
  if (data === undefined) return error ? <Failure error={error} /> : <Loading what="your webhooks" />
  return (
    <ProductContext value={data.branding.name ?? 'Webhooks'}>
      <SessionContext value={data}>{children}</SessionContext>
    </ProductContext>
  )
}

function Ended({ wasOpen }: { readonly wasOpen: boolean }) {
  return (
    <main className={styles.ended}>
      <Notice kind="warn" title={wasOpen ? 'The session has ended' : 'This link cannot be used any more'}>
        A link opens this page once, and for a limited time. Open it again from the product that you came from.
      </Notice>
    </main>
  )
}
