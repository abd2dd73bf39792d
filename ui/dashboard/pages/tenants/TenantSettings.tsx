import { useState } from 'react'
import { operatorRequest } from '../../../shared/http-request.ts'
import { ApiTwin, BesideTwins } from '../../../shared/parts/ApiTwin.tsx'
import { SelectField, TextField } from '../../../shared/parts/fields.tsx'
import { Form, useForm } from '../../../shared/parts/Form.tsx'
import { Notice } from '../../../shared/parts/Notice.tsx'
import { Section } from '../../../shared/parts/Page.tsx'
import type { Tenant } from '../../../shared/types.ts'
import type { TenantPartProps } from './tenant-part.ts'

export function TenantSettings({ tenant, dialect }: TenantPartProps) {
  const [name, setName] = useState(tenant.name ?? '')
  const [settings, setSettings] = useState(tenant.settings)
  const [retain, setRetain] = useState(secondsText(tenant.retainSeconds))
  const [retainData, setRetainData] = useState(secondsText(tenant.retainDataSeconds))
  const [isSaved, setSaved] = useState(false)
  const path = `/v1/tenants/${encodeURIComponent(tenant.id)}`
  const after = {
    name: name === '' ? null : name,
    settings,
    retainSeconds: secondsOf(retain),
    retainDataSeconds: secondsOf(retainData),
  }
  const body = Object.fromEntries(
    Object.entries(after).filter(
      ([field, value]) => JSON.stringify(value) !== JSON.stringify(tenant[field as keyof Tenant]),
    ),
  )
  const form = useForm<Tenant>({
    method: 'PATCH',
    path,
    body,
    changes: ['/v1/tenants'],
    done: () => setSaved(true),
  })
  return (
    <Section title="Settings">
      <BesideTwins
        form={
          <Form form={form} action="Save">
            <TextField
              label="Name"
              value={name}
              onChange={({ target }) => setName(target.value)}
              error={form.errorOf('name')}
            />
            <TextField
              label="Seconds for which its history is kept"
              hint="Events, deliveries and attempts. Empty: as long as POSTHORN_RETENTION_DAYS says."
              inputMode="numeric"
              value={retain}
              onChange={({ target }) => setRetain(target.value)}
              error={form.errorOf('retainSeconds')}
            />
            <TextField
              label="Seconds for which the data of its events is kept"
              hint="For events that are posted from now on. Empty: as long as the events."
              inputMode="numeric"
              value={retainData}
              onChange={({ target }) => setRetainData(target.value)}
              error={form.errorOf('retainDataSeconds')}
            />
            {Object.entries(dialect.tenantSettings).map(([setting, choices]) => (
              <SelectField
                key={setting}
                label={setting}
                value={settings[setting] ?? choices[0]}
                onChange={({ target }) => setSettings({ ...settings, [setting]: target.value })}
                error={form.errorOf(`settings.${setting}`)}
              >
                {choices.map((choice) => (
                  <option key={choice}>{choice}</option>
                ))}
              </SelectField>
            ))}
            {isSaved && form.problem === null && Object.keys(body).length === 0 && (
              <Notice kind="good" title="Saved." />
            )}
          </Form>
        }
      >
        <ApiTwin title="Operator API" request={operatorRequest('PATCH', path, body)} answer={form.answer} />
      </BesideTwins>
    </Section>
  )
}

function secondsText(seconds: number | null): string {
  return seconds === null ? '' : String(seconds)
}

/** A text that is no number is sent as it is: the API says what it expects. */
function secondsOf(text: string): number | string | null {
  if (text === '') return null
  return Number.isFinite(Number(text)) ? Number(text) : text
}
