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
  /** The field has a mark. An empty one is sent all the same, and the API says that it is needed. */
  readonly isRequired?: boolean | undefined
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

function Frame({ id, label, hint, error, isRequired = false, children }: FrameProps) {
  return (
    <div className={styles.field}>
      <label htmlFor={id} className={labelClass(isRequired)}>
        {label}
      </label>
      {children}
      <FieldNotes {...{ id, hint, error }} />
    </div>
  )
}

/** The class of the name of a field. */
export function labelClass(isRequired: boolean): string {
  return `${styles.label} ${isRequired ? styles.required : ''}`
}

function described(id: string, { hint, error, isRequired }: FieldProps) {
  const ids = [hint !== undefined && `${id}-hint`, error !== undefined && `${id}-error`].filter(Boolean)
  return {
    id,
    'aria-describedby': ids.join(' ') || undefined,
    'aria-invalid': error !== undefined || undefined,
    'aria-required': isRequired || undefined,
  }
}

export function TextField({
  label,
  hint,
  error,
  isRequired,
  ...rest
}: FieldProps & InputHTMLAttributes<HTMLInputElement>) {
  const id = useId()
  return (
    <Frame {...{ id, label, hint, error, isRequired }}>
      <input
        spellCheck={false}
        autoComplete="off"
        {...rest}
        {...described(id, { label, hint, error, isRequired })}
        className={styles.input}
      />
    </Frame>
  )
}

export function TextArea({
  label,
  hint,
  error,
  isRequired,
  ...rest
}: FieldProps & TextareaHTMLAttributes<HTMLTextAreaElement>) {
  const id = useId()
  return (
    <Frame {...{ id, label, hint, error, isRequired }}>
      <textarea
        spellCheck={false}
        rows={5}
        {...rest}
        {...described(id, { label, hint, error, isRequired })}
        className={styles.area}
      />
    </Frame>
  )
}

export function SelectField({
  label,
  hint,
  error,
  isRequired,
  ...rest
}: FieldProps & SelectHTMLAttributes<HTMLSelectElement>) {
  const id = useId()
  return (
    <Frame {...{ id, label, hint, error, isRequired }}>
      <select {...rest} {...described(id, { label, hint, error, isRequired })} className={styles.input} />
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
