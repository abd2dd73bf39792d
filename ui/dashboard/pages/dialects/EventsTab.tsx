import { Code } from '../../../shared/parts/Code.tsx'
import { Filters, SelectField, TextField } from '../../../shared/parts/fields.tsx'
import { Empty } from '../../../shared/parts/Notice.tsx'
import { Section } from '../../../shared/parts/Page.tsx'
import { Stranger } from '../../../shared/parts/Stranger.tsx'
import type { Dialect } from '../../../shared/types.ts'
import type { DialectPartProps } from './dialect-part.ts'
import styles from './dialects.module.css'

/** The catalogue of event types. */
export function EventsTab({ dialect, search, change }: DialectPartProps) {
  const { otherCatalogues, openCatalogue } = dialect
  const chosen = String(search['settings'] ?? '')
  const text = String(search['q'] ?? '')
  const other = otherCatalogues.find(({ settings }) => settingsText(settings) === chosen)
  const eventTypes = (other ?? dialect).eventTypes.filter(({ name, description }) =>
    `${name} ${description}`.toLowerCase().includes(text.toLowerCase()),
  )
  return (
    <Section title="Event types">
      {openCatalogue && <p>Events of any other type are accepted too.</p>}
      <Filters>
        <TextField
          label="Name or description has"
          type="search"
          value={text}
          onChange={({ target }) => change({ q: target.value })}
        />
        {otherCatalogues.length > 0 && (
          <SelectField
            label="Tenants with the settings"
            value={chosen}
            onChange={({ target }) => change({ settings: target.value })}
          >
            <option value="">default</option>
            {otherCatalogues.map(({ settings }) => (
              <option key={settingsText(settings)}>{settingsText(settings)}</option>
            ))}
          </SelectField>
        )}
      </Filters>
      {eventTypes.length === 0 ? (
        <Empty title={text === '' ? 'The catalogue names no event type' : 'There is no such event type'} />
      ) : (
        <ul className={styles.types}>
          {eventTypes.map((type) => (
            <EventType key={type.name} type={type} />
          ))}
        </ul>
      )}
    </Section>
  )
}

export function settingsText(settings: Readonly<Record<string, string>>): string {
  return Object.entries(settings)
    .map(([name, value]) => `${name} = ${value}`)
    .join(', ')
}

/** Some event types have an example of their data. */
export type EventTypeWithExample = Dialect['eventTypes'][number] & { readonly example?: unknown }

export function exampleText({ example }: EventTypeWithExample): string | null {
  return example === undefined || example === null ? null : JSON.stringify(example, null, 2)
}

function EventType({ type }: { readonly type: EventTypeWithExample }) {
  const { name, description } = type
  const example = exampleText(type)
  return (
    <li className={styles.type}>
      <code>
        <Stranger>{name}</Stranger>
      </code>
      <span>
        <Stranger>{description}</Stranger>
      </span>
      {example !== null && (
        <details>
          <summary>Example</summary>
          <Code title={`The data of ${name}`}>{example}</Code>
        </details>
      )}
    </li>
  )
}
