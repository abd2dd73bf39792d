import { Dialog } from '@base-ui/react/dialog'
import { useNavigate } from '@tanstack/react-router'
import { type KeyboardEvent, useEffect, useState } from 'react'
import { Button } from '../../shared/parts/Button.tsx'
import { places } from './places.ts'
import styles from './Palette.module.css'

interface Choice {
  readonly title: string
  readonly go: () => void
}

/** Jumps to a page. Opened with Ctrl or ⌘ and K, or `/`. */
export function Palette() {
  const [isOpen, setOpen] = useState(false)
  useEffect(() => {
    const open = (press: globalThis.KeyboardEvent): void => {
      const isTyping = press.target instanceof HTMLElement && press.target.matches('input, textarea, select')
      if (!((press.key === 'k' && (press.ctrlKey || press.metaKey)) || (press.key === '/' && !isTyping))) return
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
  const choices: Choice[] = places
    .filter(({ title }) => title.toLowerCase().includes(text.toLowerCase()))
    .map(({ to, title }) => ({ title, go: () => void navigate({ to }) }))

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
        aria-label="Find a page"
        placeholder="Find a page"
        autoFocus
        value={text}
        onChange={({ target }) => {
          setText(target.value)
          setChosen(0)
        }}
        onKeyDown={press}
      />
      <div id="found" role="listbox" aria-label="Found" className={styles.found}>
        {choices.map((choice, index) => (
          <div
            key={choice.title}
            id={`found-${index}`}
            role="option"
            aria-selected={index === chosen}
            className={styles.choice}
            onClick={() => go(choice)}
          >
            {choice.title}
          </div>
        ))}
      </div>
    </>
  )
}
