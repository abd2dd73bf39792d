import { SelectField } from '../../shared/parts/fields.tsx'
import { useRead } from '../../shared/queries.ts'
import type { Dialect, Page } from '../../shared/types.ts'

export interface DialectFieldProps {
  /** The name of the chosen one; '': all. */
  readonly value: string
  readonly onChange: (name: string) => void
}

/** The filter of a list by dialect. */
export function DialectField({ value, onChange }: DialectFieldProps) {
  const dialects = useRead<Page<Dialect>>('/v1/dialects')
  return (
    <SelectField label="Dialect" value={value} onChange={({ target }) => onChange(target.value)}>
      <option value="">all</option>
      {dialects.data?.data.map(({ name, title }) => (
        <option key={name} value={name}>
          {title}
        </option>
      ))}
    </SelectField>
  )
}
