import { Link, Outlet, useMatchRoute } from '@tanstack/react-router'
import { useEffect } from 'react'
import { useReachable } from '../../shared/client.ts'
import { Notice } from '../../shared/parts/Notice.tsx'
import { Stranger } from '../../shared/parts/Stranger.tsx'
import { tellParents } from './parents.ts'
import { useMay, useSession } from './session.ts'
import styles from './Shell.module.css'

export function Shell() {
  const { branding, parents } = useSession()
  const may = useMay()
  const isReachable = useReachable()
  const isOfEndpoint = useMatchRoute()({ to: '/endpoints/$endpoint' }) !== false
  useEffect(() => {
    const observer = new ResizeObserver(() => {
      tellParents({ type: 'posthorn.height', height: document.documentElement.scrollHeight }, parents)
    })
    observer.observe(document.body)
    return () => observer.disconnect()
  }, [parents])
  return (
    <div className={styles.frame}>
      <header className={styles.head}>
        {branding.logo !== null && (
          <img src={branding.logo} alt="" className={styles.logo} referrerPolicy="no-referrer" />
        )}
        <strong>
          <Stranger>{branding.name === null ? 'Webhooks' : `${branding.name} webhooks`}</Stranger>
        </strong>
        <nav className={styles.nav} aria-label="Pages">
          <Link
            to="/"
            activeOptions={{ exact: true }}
            className={styles.place}
            data-status={isOfEndpoint ? 'active' : undefined}
          >
            Endpoints
          </Link>
          {may('listDeliveries') && (
            <Link to="/deliveries" className={styles.place}>
              Deliveries
            </Link>
          )}
          <Link to="/event-types" className={styles.place}>
            Event types
          </Link>
          <Link to="/verify" className={styles.place}>
            Verify
          </Link>
        </nav>
      </header>
      <main className={styles.content}>
        {!isReachable && (
          <div className={styles.away}>
            <Notice kind="warn" title="The service cannot be reached.">
              This page goes on by itself when it answers again.
            </Notice>
          </div>
        )}
        <Outlet />
      </main>
    </div>
  )
}
