import { Link, Outlet, useRouterState } from '@tanstack/react-router'
import { useEffect, useRef, useState } from 'react'
import { ApiProblem, call, onRefused, useReachable } from '../../shared/client.ts'
import { Button } from '../../shared/parts/Button.tsx'
import { Failure, Loading, Notice } from '../../shared/parts/Notice.tsx'
import { queryClient, useRead } from '../../shared/queries.ts'
import { changeSettings, type Scheme, useSettings, type Zone } from '../../shared/settings.ts'
import type { Session } from '../../shared/types.ts'
import { Brand } from './Brand.tsx'
import { places } from './places.ts'
import { Palette } from './Palette.tsx'
import { SessionContext, sessionPath } from './session.ts'
import { Shortcuts } from './Shortcuts.tsx'
import { SignIn } from './SignIn.tsx'
import styles from './Shell.module.css'

/** The frame of all pages: sign-in, navigation, search, settings. */
export function Shell() {
  const session = useRead<Session>(sessionPath, { everyMs: 60_000 })
  const wasSignedIn = useRef(false)
  const { refetch } = session
  useEffect(() => onRefused((path) => void (path !== sessionPath && refetch())), [refetch])
  if (session.error instanceof ApiProblem && session.error.status === 401)
    return <SignIn hasEnded={wasSignedIn.current} />
  if (session.data === undefined)
    return session.error ? <Failure error={session.error} /> : <Loading what="the dashboard" />
  wasSignedIn.current = true
  return (
    <SessionContext value={session.data}>
      <Frame session={session.data} />
    </SessionContext>
  )
}

function Frame({ session }: { readonly session: Session }) {
  const [isMenuOpen, setMenuOpen] = useState(false)
  const path = useRouterState({ select: ({ location }) => location.pathname })
  useEffect(() => setMenuOpen(false), [path])
  return (
    <div className={styles.frame}>
      <a href="#content" className={styles.skip}>
        Skip to the content
      </a>
      <header className={styles.bar}>
        <Button
          kind="quiet"
          className={styles.menuButton}
          aria-expanded={isMenuOpen}
          onClick={() => setMenuOpen(!isMenuOpen)}
        >
          Menu
        </Button>
        <Link to="/" className={styles.home}>
          <Brand />
        </Link>
        <Palette />
        <Shortcuts />
        <Choices session={session} />
      </header>
      <nav className={`${styles.nav} ${isMenuOpen ? styles.open : ''}`} aria-label="Pages">
        {places.map(({ to, title }) => (
          <Link key={to} to={to} activeOptions={{ exact: to === '/' }} className={styles.place}>
            {title}
          </Link>
        ))}
        <a href="/docs/" className={styles.place}>
          API pages
        </a>
      </nav>
      <main id="content" className={styles.content}>
        <Away />
        <Outlet />
      </main>
    </div>
  )
}

/** A banner while the service gives no answer. The reads of the page are repeated until it does. */
function Away() {
  const isReachable = useReachable()
  if (isReachable) return null
  return (
    <div className={styles.away}>
      <Notice kind="warn" title="Posthorn cannot be reached.">
        This page goes on by itself when it answers again.
      </Notice>
    </div>
  )
}

function Choices({ session: { key } }: { readonly session: Session }) {
  const { scheme, zone } = useSettings()
  async function signOut(): Promise<void> {
    await call('DELETE', sessionPath)
    queryClient.clear()
    await queryClient.refetchQueries({ queryKey: [sessionPath] })
    location.reload()
  }
  return (
    <div className={styles.choices}>
      <select
        aria-label="Time zone"
        className={styles.choice}
        value={zone}
        onChange={({ target }) => changeSettings({ zone: target.value as Zone })}
      >
        <option value="local">Local time</option>
        <option value="utc">UTC</option>
      </select>
      <select
        aria-label="Theme"
        className={styles.choice}
        value={scheme}
        onChange={({ target }) => changeSettings({ scheme: target.value as Scheme })}
      >
        <option value="system">System theme</option>
        <option value="light">Light theme</option>
        <option value="dark">Dark theme</option>
      </select>
      <span
        className={styles.key}
        title={`Signed in with the operator key ${key.name}, which has the role ${key.role}`}
      >
        Key: {key.name} ({key.role})
      </span>
      <Button kind="quiet" onClick={() => void signOut()}>
        Sign out
      </Button>
    </div>
  )
}
