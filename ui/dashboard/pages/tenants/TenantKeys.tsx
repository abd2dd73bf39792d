import { useState } from 'react'
import { counted } from '../../../shared/counted.ts'
import { Ask } from '../../../shared/parts/Ask.tsx'
import { Button } from '../../../shared/parts/Button.tsx'
import { Empty } from '../../../shared/parts/Notice.tsx'
import { Section } from '../../../shared/parts/Page.tsx'
import { Badge } from '../../../shared/parts/Status.tsx'
import { Stranger } from '../../../shared/parts/Stranger.tsx'
import { type Column, Table } from '../../../shared/parts/Table.tsx'
import { Time } from '../../../shared/parts/Time.tsx'
import { useList } from '../../../shared/queries.ts'
import type { ApiKey } from '../../../shared/types.ts'
import { useCanChange } from '../../shell/session.ts'
import { NewKey } from './NewKey.tsx'
import type { TenantPartProps } from './tenant-part.ts'

const columns: readonly Column<ApiKey>[] = [
  {
    name: 'Key',
    cell: ({ name, hint }) => (
      <>
        {name !== null && (
          <>
            <Stranger>{name}</Stranger>{' '}
          </>
        )}
        <code>…{hint}</code>
      </>
    ),
  },
  {
    name: 'Rights',
    cell: ({ role, scopes }) => <Stranger>{[...(role === null ? [] : [role]), ...scopes].join(', ') || '–'}</Stranger>,
  },
  { name: 'Tenants', cell: ({ tenants }) => <Stranger>{tenants.join(', ')}</Stranger> },
  { name: 'Created', width: '160px', cell: ({ createdAt }) => <Time at={createdAt} /> },
  {
    name: 'State',
    width: '100px',
    cell: ({ revokedAt }) => (
      <Badge tone={revokedAt === null ? 'good' : 'plain'}>{revokedAt === null ? 'valid' : 'revoked'}</Badge>
    ),
  },
]

const withActions: readonly Column<ApiKey>[] = [
  ...columns,
  { name: 'Actions', width: '110px', cell: (key) => key.revokedAt === null && <RevokeKey apiKey={key} /> },
]

export function TenantKeys({ tenant, dialect }: TenantPartProps) {
  const canChange = useCanChange()
  const [isNew, setNew] = useState(false)
  const keys = useList<ApiKey>('/v1/keys', { query: { tenant: tenant.id } })
  return (
    <Section
      title="API keys"
      actions={
        canChange && (
          <Button kind="main" onClick={() => setNew(true)}>
            New API key
          </Button>
        )
      }
    >
      <Table
        what="API keys"
        columns={canChange ? withActions : columns}
        loaded={keys}
        keyOf={({ id }) => id}
        empty={
          <Empty title="The tenant has no API key yet">Its customer needs one to call {dialect.title}’s API.</Empty>
        }
      />
      <NewKey {...{ tenant, dialect }} isOpen={isNew} onClose={() => setNew(false)} />
    </Section>
  )
}

function RevokeKey({ apiKey: { id, hint, tenants } }: { readonly apiKey: ApiKey }) {
  return (
    <Ask
      button="Revoke"
      title="Revoke this API key?"
      method="DELETE"
      path={`/v1/keys/${encodeURIComponent(id)}`}
      changes={['/v1/keys']}
      done={() => undefined}
    >
      <p>
        Requests with the key that ends in <code>{hint}</code> are refused at once, for{' '}
        {tenants.length === 1 ? 'this tenant' : `all of its ${counted(tenants.length, 'tenant')}`}. This cannot be
        undone.
      </p>
    </Ask>
  )
}
