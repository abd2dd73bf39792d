import type { ButtonHTMLAttributes } from 'react'
import styles from './Button.module.css'

export interface ButtonProps extends ButtonHTMLAttributes<HTMLButtonElement> {
  /** `main`: the one action of a page or dialog; `danger`: it cannot be undone; default: any other action. */
  readonly kind?: 'main' | 'plain' | 'danger' | 'quiet'
  /** The action runs: the button cannot be pressed again. */
  readonly isBusy?: boolean
}

export function Button({ kind = 'plain', isBusy = false, className, type = 'button', disabled, ...rest }: ButtonProps) {
  const names = [styles.button, styles[kind], className].filter(Boolean).join(' ')
  return (
    <button {...rest} type={type} className={names} disabled={disabled || isBusy} aria-busy={isBusy || undefined} />
  )
}
