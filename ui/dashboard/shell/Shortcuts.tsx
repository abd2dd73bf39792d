import { useNavigate } from '@tanstack/react-router'
import { useEffect, useState } from 'react'
import { Modal } from '../../shared/parts/Modal.tsx'
import { isTyping } from './keyboard.ts'
import { places } from './places.ts'
import styles from './Shortcuts.module.css'

const general = [
  [['Ctrl K', '⌘ K', '/'], 'Find a page, or an object by its id, name or host'],
  [['?'], 'Show this sheet'],
  [['Esc'], 'Close a dialog'],
  [['Tab', 'Enter'], 'Go to the next link or field, and open it'],
] as const

/** A sheet of the keyboard shortcuts, opened with `?`; and the shortcuts that open a page: `g`, then a letter. */
export function Shortcuts() {
  const [isOpen, setOpen] = useState(false)
  const navigate = useNavigate()
  useEffect(() => {
    let wasG = false
    const press = (event: KeyboardEvent): void => {
      if (isTyping(event) || event.ctrlKey || event.metaKey || event.altKey) return
      const place = wasG ? places.find(({ letter }) => letter === event.key) : undefined
      wasG = event.key === 'g'
      if (place !== undefined) {
        setOpen(false)
        void navigate({ to: place.to })
      }
      if (event.key === '?') setOpen(true)
    }
    document.addEventListener('keydown', press)
    return () => document.removeEventListener('keydown', press)
  }, [navigate])
  return (
    <Modal title="Keyboard" isOpen={isOpen} onClose={() => setOpen(false)}>
      <dl className={styles.keys}>
        {general.map(([keys, text]) => (
          <Row key={text} keys={keys} text={text} />
        ))}
        {places.map(({ letter, title }) => (
          <Row key={title} keys={[`g ${letter}`]} text={title} />
        ))}
      </dl>
    </Modal>
  )
}

function Row({ keys, text }: { readonly keys: readonly string[]; readonly text: string }) {
  return (
    <div>
      <dt>
        {keys.map((key) => (
          <kbd key={key}>{key}</kbd>
        ))}
      </dt>
      <dd>{text}</dd>
    </div>
  )
}
