// Fields of forms. A field shows the API's own message below it.

import {
  type InputHTMLAttributes,
  type ReactNode,
  type SelectHTMLAttributes,
  type TextareaHTMLAttributes,
  useId,
} from 'react'
import styles from './fields.module.css'

interface FieldProps {
  readonly label: ReactNode
  /** The meaning of the field, and its rules. */
  readonly hint?: ReactNode
  /** The message of the API about the field. */
  readonly error?: string | undefined
}

interface FrameProps extends FieldProps {
  readonly id: string
  readonly children: ReactNode
}

/** The hint and the error of the field `id`. */
export function FieldNotes({ id, hint, error }: Omit<FieldProps, 'label'> & { readonly id: string }) {
  return (
    <>
      {hint !== undefined && (
        <div id={`${id}-hint`} className={styles.hint}>
          {hint}
        </div>
      )}
      {error !== undefined && (
        <div id={`${id}-error`} className={styles.error} role="alert">
          {error}
        </div>
      )}
    </>
  )
}

function Frame({ id, label, hint, error, children }: FrameProps) {
  return (
    <div className={styles.field}>
      <label htmlFor={id} className={styles.label}>
        {label}
      </label>
      {children}
      <FieldNotes {...{ id, hint, error }} />
    </div>
  )
}

function described(id: string, { hint, error }: FieldProps) {
  const ids = [hint !== undefined && `${id}-hint`, error !== undefined && `${id}-error`].filter(Boolean)
  return { id, 'aria-describedby': ids.join(' ') || undefined, 'aria-invalid': error !== undefined || undefined }
}

export function TextField({ label, hint, error, ...rest }: FieldProps & InputHTMLAttributes<HTMLInputElement>) {
  const id = useId()
  return (
    <Frame {...{ id, label, hint, error }}>
      <input
        spellCheck={false}
        autoComplete="off"
        {...rest}
        {...described(id, { label, hint, error })}
        className={styles.input}
      />
    </Frame>
  )
}

export function TextArea({ label, hint, error, ...rest }: FieldProps & TextareaHTMLAttributes<HTMLTextAreaElement>) {
  const id = useId()
  return (
    <Frame {...{ id, label, hint, error }}>
      <textarea
        spellCheck={false}
        rows={5}
        {...rest}
        {...described(id, { label, hint, error })}
        className={styles.area}
      />
    </Frame>
  )
}

export function SelectField({ label, hint, error, ...rest }: FieldProps & SelectHTMLAttributes<HTMLSelectElement>) {
  const id = useId()
  return (
    <Frame {...{ id, label, hint, error }}>
      <select {...rest} {...described(id, { label, hint, error })} className={styles.input} />
    </Frame>
  )
}

export function CheckField({ label, hint, error, ...rest }: FieldProps & InputHTMLAttributes<HTMLInputElement>) {
  const id = useId()
  return (
    <div className={styles.field}>
      <div className={styles.check}>
        <input type="checkbox" {...rest} {...described(id, { label, hint, error })} />
        <label htmlFor={id}>{label}</label>
      </div>
      <FieldNotes {...{ id, hint, error }} />
    </div>
  )
}

/** Fields side by side above a list. */
export function Filters({ children }: { readonly children: ReactNode }) {
  return <div className={styles.filters}>{children}</div>
}

/** Fields below each other, and the actions of the form. */
export function FormFields({ children }: { readonly children: ReactNode }) {
  return <div className={styles.form}>{children}</div>
}

export function FormActions({ children }: { readonly children: ReactNode }) {
  return <div className={styles.actions}>{children}</div>
}
