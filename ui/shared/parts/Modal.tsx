import { Dialog } from '@base-ui/react/dialog'
import type { ReactNode } from 'react'
import styles from './Modal.module.css'

export interface ModalProps {
  readonly title: ReactNode
  readonly isOpen: boolean
  readonly onClose: () => void
  /** A wide one holds a form beside its API twin. */
  readonly isWide?: boolean
  readonly children: ReactNode
}

/** A dialog above the page. Escape and a press beside it close it. */
export function Modal({ title, isOpen, onClose, isWide = false, children }: ModalProps) {
  return (
    <Dialog.Root open={isOpen} onOpenChange={(open) => open || onClose()}>
      <Dialog.Portal>
        <Dialog.Backdrop className={styles.backdrop} />
        <Dialog.Popup className={`${styles.popup} ${isWide ? styles.wide : ''}`}>
          <Dialog.Title className={styles.title}>{title}</Dialog.Title>
          {children}
        </Dialog.Popup>
      </Dialog.Portal>
    </Dialog.Root>
  )
}
