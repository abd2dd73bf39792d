import { Link, useNavigate, useSearch } from '@tanstack/react-router'
import { useState } from 'react'
import { Button } from '../../../shared/parts/Button.tsx'
import { Filters, TextField } from '../../../shared/parts/fields.tsx'
import { Empty } from '../../../shared/parts/Notice.tsx'
import { Page } from '../../../shared/parts/Page.tsx'
import { Stranger } from '../../../shared/parts/Stranger.tsx'
import { type Column, Table } from '../../../shared/parts/Table.tsx'
import { Time } from '../../../shared/parts/Time.tsx'
import { useList, useRead } from '../../../shared/queries.ts'
import type { Dialect, Page as PageOf, Tenant } from '../../../shared/types.ts'
import { DialectField } from '../../parts/DialectField.tsx'
import { useCanChange } from '../../shell/session.ts'
import { NewTenant } from './NewTenant.tsx'

const columns: readonly Column<Tenant>[] = [
  {
    name: 'Tenant',
    width: 'minmax(0, 2fr)',
    cell: ({ id }) => (
      <Link to="/tenants/$tenant" params={{ tenant: id }}>
        <Stranger>{id}</Stranger>
      </Link>
    ),
  },
  { name: 'Name', width: 'minmax(0, 2fr)', cell: ({ name }) => (name === null ? '–' : <Stranger>{name}</Stranger>) },
  { name: 'Dialect', width: '120px', cell: ({ dialect }) => dialect },
  { name: 'Created', width: '160px', cell: ({ createdAt }) => <Time at={createdAt} /> },
]

export function Tenants() {
  const search = useSearch({ from: '/tenants' })
  const navigate = useNavigate({ from: '/tenants' })
  const canChange = useCanChange()
  const [isNew, setNew] = useState(false)
  const dialects = useRead<PageOf<Dialect>>('/v1/dialects')
  const tenants = useList<Tenant>('/v1/tenants', { query: search })
  const filter = (change: Readonly<Record<string, string>>) =>
    void navigate({ search: { ...search, ...change }, replace: true })

  return (
    <Page
      title="Tenants"
      lead="A tenant is one customer of your product. It speaks one dialect."
      actions={
        canChange && (
          <Button kind="main" onClick={() => setNew(true)}>
            New tenant
          </Button>
        )
      }
    >
      <Filters>
        <TextField
          label="Id or name begins with"
          type="search"
          value={String(search['q'] ?? '')}
          onChange={({ target }) => filter({ q: target.value })}
        />
        <DialectField value={String(search['dialect'] ?? '')} onChange={(dialect) => filter({ dialect })} />
      </Filters>
      <Table
        what="tenants"
        columns={columns}
        loaded={tenants}
        keyOf={({ id }) => id}
        empty={<Empty title="There is no such tenant">A tenant is made here, or by POST /v1/tenants.</Empty>}
      />
      <NewTenant isOpen={isNew} onClose={() => setNew(false)} dialects={dialects.data?.data ?? []} />
    </Page>
  )
}
