import { useState } from 'react'
import { Form, useForm } from '../../shared/parts/Form.tsx'
import { CheckField, TextArea, TextField } from '../../shared/parts/fields.tsx'
import { Stranger } from '../../shared/parts/Stranger.tsx'
import type { Endpoint } from '../../shared/types.ts'
import { useDialect } from './dialect.ts'
import styles from './EndpointForm.module.css'

export interface EndpointFormProps {
  /** Absent: a new one. */
  readonly before?: Endpoint
  readonly method: 'POST' | 'PATCH'
  readonly path: string
  readonly action: string
  readonly done: (endpoint: Endpoint) => void
  readonly onCancel: () => void
}

/** The fields that every dialect has: the URL and the event types. */
export function EndpointForm({ before, method, path, action, done, onCancel }: EndpointFormProps) {
  const dialect = useDialect().data
  const [url, setUrl] = useState(before?.url ?? 'https://')
  const [types, setTypes] = useState<readonly string[]>(before?.eventTypes ?? [])
  const form = useForm<Endpoint>({ method, path, body: { url, eventTypes: types }, changes: [path], done })
  const catalogue = dialect?.eventTypes ?? []
  // Types that are not in the catalogue, such as patterns, stay as they are.
  const others = types.filter((type) => catalogue.every(({ name }) => name !== type))
  const turn = (name: string): void =>
    setTypes(types.includes(name) ? types.filter((type) => type !== name) : [...types, name])
  return (
    <Form form={form} action={action} onCancel={onCancel}>
      <TextField
        label="URL"
        type="url"
        required
        value={url}
        onChange={({ target }) => setUrl(target.value)}
        hint="Your server's address. It answers with a status from 200 to 299."
        error={form.errorOf('url')}
      />
      <fieldset className={styles.types}>
        <legend>Events</legend>
        {catalogue.map(({ name, description }) => (
          <CheckField
            key={name}
            label={<Stranger>{name}</Stranger>}
            hint={<Stranger>{description}</Stranger>}
            checked={types.includes(name)}
            onChange={() => turn(name)}
          />
        ))}
        {(catalogue.length === 0 || dialect?.openCatalogue === true || others.length > 0) && (
          <TextArea
            label="Other event types"
            rows={3}
            hint="One on each line."
            value={others.join('\n')}
            onChange={({ target }) =>
              setTypes([
                ...types.filter((type) => catalogue.some(({ name }) => name === type)),
                ...target.value.split('\n').filter((line) => line !== ''),
              ])
            }
          />
        )}
      </fieldset>
      {form.errorOf('eventTypes') !== undefined && <p role="alert">{form.errorOf('eventTypes')}</p>}
    </Form>
  )
}
