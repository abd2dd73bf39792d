import styles from './Chips.module.css'

export interface ChipsProps<Name extends string> {
  readonly label: string
  readonly names: readonly Name[]
  readonly chosen: readonly string[]
  readonly onChange: (name: Name, isChosen: boolean) => void
}

/** Any number of a few known words, in one line. */
export function Chips<Name extends string>({ label, names, chosen, onChange }: ChipsProps<Name>) {
  return (
    <fieldset className={styles.chips}>
      <legend className={styles.legend}>{label}</legend>
      <div className={styles.list}>
        {names.map((name) => (
          <label key={name} className={styles.chip}>
            <input
              type="checkbox"
              checked={chosen.includes(name)}
              onChange={({ target }) => onChange(name, target.checked)}
            />
            {name}
          </label>
        ))}
      </div>
    </fieldset>
  )
}
