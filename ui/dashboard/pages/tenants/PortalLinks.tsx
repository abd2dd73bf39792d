import { useState } from 'react'
import { operatorRequest } from '../../../shared/http-request.ts'
import { ApiTwin, BesideTwins } from '../../../shared/parts/ApiTwin.tsx'
import { Button } from '../../../shared/parts/Button.tsx'
import { ChoicesField } from '../../../shared/parts/ChoicesField.tsx'
import { Form, useForm } from '../../../shared/parts/Form.tsx'
import { TextField } from '../../../shared/parts/fields.tsx'
import { Empty, Failure, Loading } from '../../../shared/parts/Notice.tsx'
import { Section } from '../../../shared/parts/Page.tsx'
import { PlainTable } from '../../../shared/parts/PlainTable.tsx'
import { ShownOnce } from '../../../shared/parts/ShownOnce.tsx'
import { Time } from '../../../shared/parts/Time.tsx'
import { useRead } from '../../../shared/queries.ts'
import type { PortalLink } from '../../../shared/types.ts'
import type { TenantPartProps } from './tenant-part.ts'

const capabilities = [
  { name: 'endpoints', description: 'make, change and delete endpoints' },
  { name: 'secrets', description: 'see and replace signing secrets' },
  { name: 'retry', description: 'send a delivery again' },
  { name: 'test', description: 'send test events' },
  { name: 'replay', description: 'send failed deliveries again since a time' },
]

/** Links that open the portal of the tenant. */
export function PortalLinks({ tenant: { id } }: TenantPartProps) {
  const path = `/v1/tenants/${encodeURIComponent(id)}/portal-links`
  const { data, error, refetch } = useRead<{ readonly data: readonly PortalLink[] }>(path, { everyMs: 10_000 })
  return (
    <>
      <NewPortalLink path={path} />
      <Section title="Links whose session has not ended">
        {data === undefined &&
          (error ? <Failure error={error} retry={() => void refetch()} /> : <Loading what="links" />)}
        {data?.data.length === 0 && <Empty title="There is none" />}
        {data !== undefined && data.data.length > 0 && (
          <PlainTable
            label="Portal links"
            head={['Made', 'Opened', 'Session ends', 'May', '']}
            rows={data.data.map((link) => ({
              key: link.id,
              cells: [
                <Time at={link.createdAt} />,
                link.openedAt === null && Date.parse(link.expiresAt) < Date.now() ? (
                  'expired'
                ) : (
                  <Time at={link.openedAt} />
                ),
                <Time at={link.endsAt} />,
                link.capabilities.join(', '),
                <EndSession path={path} id={link.id} />,
              ],
            }))}
          />
        )}
      </Section>
    </>
  )
}

function NewPortalLink({ path }: { readonly path: string }) {
  const [chosen, setChosen] = useState<readonly string[]>(['endpoints', 'test'])
  const [name, setName] = useState('')
  const [made, setMade] = useState<PortalLink | null>(null)
  const body = { capabilities: chosen, ...(name !== '' && { branding: { name } }) }
  const form = useForm<PortalLink>({ method: 'POST', path, body, changes: [path], done: setMade })
  return (
    <Section title="New link">
      <BesideTwins
        form={
          made === null ? (
            <Form form={form} action="Make link">
              <ChoicesField
                label="The customer may"
                hint="Every link shows endpoints and deliveries. The dialect's own API is the limit of all of it."
                choices={capabilities}
                chosen={chosen}
                onChange={setChosen}
                error={form.errorOf('capabilities')}
              />
              <TextField
                label="Name of the product"
                value={name}
                onChange={({ target }) => setName(target.value)}
                error={form.errorOf('branding.name')}
              />
            </Form>
          ) : (
            <>
              <ShownOnce name="Link: it opens once, within a minute" text={made.url ?? ''} />
              <Button onClick={() => setMade(null)}>Make another link</Button>
            </>
          )
        }
      >
        <ApiTwin
          title="Operator API"
          request={operatorRequest('POST', path, body)}
          answer={form.answer}
          secret={made?.url}
        />
      </BesideTwins>
    </Section>
  )
}

function EndSession({ path, id }: { readonly path: string; readonly id: string }) {
  const form = useForm<null>({ method: 'DELETE', path: `${path}/${id}`, changes: [path], done: () => {} })
  return (
    <Button kind="danger" isBusy={form.isBusy} onClick={() => void form.submit()}>
      End
    </Button>
  )
}
