import { type ReactNode, useId } from 'react'
import styles from './fields.module.css'
import { FieldNotes, labelClass } from './fields.tsx'
import { Stranger } from './Stranger.tsx'

export interface ChoicesFieldProps {
  readonly label: ReactNode
  readonly hint?: ReactNode
  readonly error?: string | undefined
  readonly isRequired?: boolean
  readonly choices: readonly { readonly name: string; readonly description?: string }[]
  readonly chosen: readonly string[]
  readonly onChange: (chosen: readonly string[]) => void
}

/** Any number of known words, such as event types or scopes. */
export function ChoicesField({ label, hint, error, isRequired = false, choices, chosen, onChange }: ChoicesFieldProps) {
  const id = useId()
  return (
    <fieldset
      className={styles.group}
      aria-describedby={`${id}-hint ${id}-error`}
      aria-invalid={error !== undefined || undefined}
    >
      <legend className={labelClass(isRequired)}>{label}</legend>
      <div className={styles.choices}>
        {choices.map(({ name, description }) => (
          <label key={name} className={styles.check} title={description}>
            <input
              type="checkbox"
              checked={chosen.includes(name)}
              onChange={({ target }) =>
                onChange(target.checked ? [...chosen, name] : chosen.filter((one) => one !== name))
              }
            />
            <Stranger>{name}</Stranger>
          </label>
        ))}
      </div>
      <FieldNotes {...{ id, hint, error }} />
    </fieldset>
  )
}
