import { useQuery } from '@tanstack/react-query'
import { type FormEvent, useId, useState } from 'react'
import { call } from '../../../shared/client.ts'
import { Button } from '../../../shared/parts/Button.tsx'
import { Code, prettyJson } from '../../../shared/parts/Code.tsx'
import { Filters, FormActions, FormFields, SelectField, TextArea, TextField } from '../../../shared/parts/fields.tsx'
import { Failure, Loading, Notice } from '../../../shared/parts/Notice.tsx'
import { Section } from '../../../shared/parts/Page.tsx'
import { useRead } from '../../../shared/queries.ts'
import type { Dialect, Page, Preview } from '../../../shared/types.ts'
import type { DialectPartProps } from './dialect-part.ts'
import styles from './dialects.module.css'
import { exampleText } from './EventsTab.tsx'

interface Asked {
  readonly type: string
  readonly data: unknown
}

const anyData = '{\n  "id": "123",\n  "amount": 4200\n}'

/** The same event as every dialect would send it. */
export function PreviewTab({ dialect }: DialectPartProps) {
  const dialects = useRead<Page<Dialect>>('/v1/dialects')
  const [type, setType] = useState(dialect.eventTypes[0]?.name ?? 'order.paid')
  const example = dialect.eventTypes.find(({ name }) => name === type)
  const [typed, setTyped] = useState<string | null>(null)
  const text = typed ?? (example && exampleText(example)) ?? anyData
  const [asked, setAsked] = useState<Asked | null>(null)
  const [fault, setFault] = useState<string>()
  const list = useId()
  const show = (event: FormEvent): void => {
    event.preventDefault()
    const data = objectOf(text)
    setFault(data === null ? 'must be a JSON object' : undefined)
    setAsked(data === null ? null : { type, data })
  }
  // The dialect of the page comes first.
  const shown = dialects.data?.data.toSorted(
    (one, other) => Number(other.name === dialect.name) - Number(one.name === dialect.name),
  )
  return (
    <>
      <Section title="Event">
        <form onSubmit={show}>
          <FormFields>
            <TextField
              label="Event type"
              isRequired
              hint="One of the catalogue, or any other where the catalogue is open."
              list={list}
              required
              maxLength={128}
              value={type}
              onChange={({ target }) => setType(target.value)}
            />
            <datalist id={list}>
              {dialect.eventTypes.map(({ name }) => (
                <option key={name} value={name} />
              ))}
            </datalist>
            <TextArea
              label="Data"
              isRequired
              rows={8}
              value={text}
              onChange={({ target }) => setTyped(target.value)}
              error={fault}
            />
            <FormActions>
              <Button kind="main" type="submit">
                Show as every dialect
              </Button>
            </FormActions>
          </FormFields>
        </form>
      </Section>
      {asked !== null && (
        <>
          <Notice>
            Nothing is sent. Each request is signed with a secret that is made for it, and has new ids and the present
            time.
          </Notice>
          {shown === undefined ? (
            dialects.error ? (
              <Failure error={dialects.error} />
            ) : (
              <Loading what="the dialects" />
            )
          ) : (
            shown.map((one) => <AsDialect key={`${one.name} ${asked.type}`} dialect={one} asked={asked} />)
          )}
        </>
      )}
    </>
  )
}

function objectOf(text: string): unknown {
  try {
    const value = JSON.parse(text) as unknown
    return typeof value === 'object' && !Array.isArray(value) ? value : null
  } catch {
    return null
  }
}

function AsDialect({ dialect, asked }: { readonly dialect: Dialect; readonly asked: Asked }) {
  const { name, title, eventTypes, openCatalogue, tenantSettings } = dialect
  const isKnown = openCatalogue || eventTypes.some((one) => one.name === asked.type)
  const [type, setType] = useState(isKnown ? asked.type : (eventTypes[0]?.name ?? asked.type))
  const [settings, setSettings] = useState<Readonly<Record<string, string>>>({})
  const body = { type, data: asked.data, settings }
  const path = `/v1/dialects/${encodeURIComponent(name)}/preview`
  const preview = useQuery({
    queryKey: [path, body],
    queryFn: ({ signal }) => call<Preview>('POST', path, { body, signal }),
    staleTime: Infinity,
  })
  return (
    <Section title={title} actions={<code>{name}</code>}>
      {!isKnown && (
        <p className={styles.soft}>Its catalogue has no type {asked.type}, so that another type is shown.</p>
      )}
      {(!isKnown || Object.keys(tenantSettings).length > 0) && (
        <Filters>
          {!isKnown && (
            <SelectField label={`Event type of ${title}`} value={type} onChange={({ target }) => setType(target.value)}>
              {eventTypes.map((one) => (
                <option key={one.name}>{one.name}</option>
              ))}
            </SelectField>
          )}
          {Object.entries(tenantSettings).map(([setting, choices]) => (
            <SelectField
              key={setting}
              label={`Tenant setting ${setting}`}
              value={settings[setting] ?? choices[0]}
              onChange={({ target }) => setSettings({ ...settings, [setting]: target.value })}
            >
              {choices.map((choice) => (
                <option key={choice}>{choice}</option>
              ))}
            </SelectField>
          ))}
        </Filters>
      )}
      {preview.data === undefined ? (
        preview.error ? (
          <Failure error={preview.error} retry={() => void preview.refetch()} />
        ) : (
          <Loading what="the request" />
        )
      ) : (
        <div className={styles.halves}>
          <Code title={`${preview.data.method}: the headers of ${title}`} isWrapped>
            {preview.data.headers.map((header) => `${header.name}: ${header.value}`).join('\n')}
          </Code>
          <Code title={`The body of ${title}`}>{prettyJson(preview.data.body)}</Code>
        </div>
      )}
    </Section>
  )
}
