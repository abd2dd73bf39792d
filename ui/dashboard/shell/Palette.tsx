import { Dialog } from '@base-ui/react/dialog'
import { useNavigate } from '@tanstack/react-router'
import { type KeyboardEvent, useEffect, useState } from 'react'
import { Button } from '../../shared/parts/Button.tsx'
import { Stranger } from '../../shared/parts/Stranger.tsx'
import { useRead } from '../../shared/queries.ts'
import type { Found } from '../../shared/types.ts'
import { isTyping } from './keyboard.ts'
import { places } from './places.ts'
import styles from './Palette.module.css'

interface Choice {
  readonly key: string
  readonly title: string
  readonly kind: string
  readonly go: () => void
}

/** Jumps to a page, or to any object by its id, its name or the host of its URL. Opened with Ctrl or ⌘ and K, or `/`. */
export function Palette() {
  const [isOpen, setOpen] = useState(false)
  useEffect(() => {
    const open = (press: globalThis.KeyboardEvent): void => {
      if (!((press.key === 'k' && (press.ctrlKey || press.metaKey)) || (press.key === '/' && !isTyping(press)))) return
      press.preventDefault()
      setOpen(true)
    }
    document.addEventListener('keydown', open)
    return () => document.removeEventListener('keydown', open)
  }, [])
  return (
    <>
      <Button kind="quiet" className={styles.button} onClick={() => setOpen(true)}>
        Find … <kbd>Ctrl K</kbd>
      </Button>
      <Dialog.Root open={isOpen} onOpenChange={setOpen}>
        <Dialog.Portal>
          <Dialog.Backdrop className={styles.backdrop} />
          <Dialog.Popup className={styles.popup} aria-label="Find">
            <Find close={() => setOpen(false)} />
          </Dialog.Popup>
        </Dialog.Portal>
      </Dialog.Root>
    </>
  )
}

function Find({ close }: { readonly close: () => void }) {
  const navigate = useNavigate()
  const [text, setText] = useState('')
  const [chosen, setChosen] = useState(0)
  const [asked, setAsked] = useState('')
  useEffect(() => {
    const timer = setTimeout(() => setAsked(text.trim()), 150)
    return () => clearTimeout(timer)
  }, [text])
  const found = useRead<Found>('/v1/find', { query: { q: asked }, isEnabled: asked !== '' })
  const pages: Choice[] = places
    .filter(({ title }) => title.toLowerCase().includes(text.toLowerCase()))
    .map(({ to, title }) => ({ key: to, title, kind: 'page', go: () => void navigate({ to }) }))
  const objects: Choice[] = (asked === '' ? [] : (found.data?.data ?? [])).map((one) => ({
    key: `${one.kind} ${one.tenant ?? ''} ${one.id}`,
    title: one.label === one.id ? one.id : `${one.label} · ${one.id}`,
    kind: one.kind === 'apiKey' ? 'API key' : one.kind,
    go: () => void navigate({ to: pathOf(one) }),
  }))
  const choices = [...pages, ...objects]

  function go(choice: Choice | undefined): void {
    if (choice === undefined) return
    close()
    choice.go()
  }

  function press(pressed: KeyboardEvent): void {
    const step = pressed.key === 'ArrowDown' ? 1 : pressed.key === 'ArrowUp' ? -1 : 0
    if (step !== 0) {
      pressed.preventDefault()
      setChosen((chosen + step + choices.length) % Math.max(choices.length, 1))
    }
    if (pressed.key === 'Enter') go(choices[chosen])
  }

  return (
    <>
      <input
        className={styles.input}
        role="combobox"
        aria-expanded
        aria-controls="found"
        aria-activedescendant={`found-${chosen}`}
        aria-label="Find a page, or an object"
        placeholder="A page, an id, a tenant, the host of a URL"
        autoFocus
        maxLength={200}
        value={text}
        onChange={({ target }) => {
          setText(target.value)
          setChosen(0)
        }}
        onKeyDown={press}
      />
      {choices.length === 0 && (
        <p className={styles.none} role="status">
          {found.isFetching || asked !== text.trim() ? 'Searching …' : 'Nothing found.'}
        </p>
      )}
      <div id="found" role="listbox" aria-label="Found" className={styles.found}>
        {choices.map((choice, index) => (
          <div
            key={choice.key}
            id={`found-${index}`}
            role="option"
            aria-selected={index === chosen}
            className={styles.choice}
            onClick={() => go(choice)}
          >
            <Stranger>{choice.title}</Stranger>
            <span className={styles.kind}>{choice.kind}</span>
          </div>
        ))}
      </div>
    </>
  )
}

/** The path of the page that shows an object. */
function pathOf({ kind, id, tenant }: Found['data'][number]): string {
  const [one, of] = [encodeURIComponent(id), encodeURIComponent(tenant ?? '')]
  switch (kind) {
    case 'dialect':
      return `/dialects/${one}`
    case 'tenant':
      return `/tenants/${one}`
    case 'endpoint':
      return `/tenants/${of}/endpoints/${one}`
    case 'event':
      return `/events/${one}`
    case 'delivery':
      return `/deliveries/${one}`
    case 'replay':
      return `/replays/${one}`
    case 'apiKey':
      return `/tenants/${of}`
  }
}
