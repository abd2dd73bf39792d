import { Link, useNavigate, useSearch } from '@tanstack/react-router'
import { Filters, SelectField, TextField } from '../../../shared/parts/fields.tsx'
import { DialectField } from '../../parts/DialectField.tsx'
import { Empty } from '../../../shared/parts/Notice.tsx'
import { Page } from '../../../shared/parts/Page.tsx'
import { Badge, Health } from '../../../shared/parts/Status.tsx'
import { Stranger } from '../../../shared/parts/Stranger.tsx'
import { type Column, Table } from '../../../shared/parts/Table.tsx'
import { Time } from '../../../shared/parts/Time.tsx'
import { useList } from '../../../shared/queries.ts'
import type { ListedEndpoint } from '../../../shared/types.ts'
import { targetOf } from '../../../shared/target.ts'

const columns: readonly Column<ListedEndpoint>[] = [
  {
    name: 'Endpoint',
    width: 'minmax(0, 2fr)',
    cell: ({ id, tenant, url }) => (
      <Link to="/tenants/$tenant/endpoints/$endpoint" params={{ tenant, endpoint: id }}>
        <Stranger>{targetOf({ id, url })}</Stranger>
      </Link>
    ),
  },
  {
    name: 'Tenant',
    cell: ({ tenant }) => (
      <Link to="/tenants/$tenant" params={{ tenant }}>
        <Stranger>{tenant}</Stranger>
      </Link>
    ),
  },
  { name: 'Dialect', width: '100px', cell: ({ dialect }) => dialect },
  {
    name: 'Health',
    width: '110px',
    cell: (endpoint) => (endpoint.pausedUntil === null ? <Health {...endpoint} /> : <Badge tone="warn">paused</Badge>),
  },
  {
    name: 'Since',
    width: '160px',
    cell: ({ health, pausedUntil }) => <Since since={health.since} until={pausedUntil} />,
  },
  { name: 'Last attempt', width: '160px', cell: ({ lastAttemptAt }) => <Time at={lastAttemptAt} /> },
]

function Since({ since, until }: { readonly since: string | null; readonly until: string | null }) {
  if (until === null) return <Time at={since} />
  return (
    <>
      until <Time at={until} />
    </>
  )
}

const filters = ['q', 'tenant', 'dialect', 'health'] as const

export function Endpoints() {
  const search = useSearch({ from: '/endpoints' })
  const navigate = useNavigate({ from: '/endpoints' })
  const query = Object.fromEntries(filters.map((name) => [name, search[name]]))
  const endpoints = useList<ListedEndpoint>('/v1/endpoints', { query, everyMs: 10_000 })
  const filter = (change: Readonly<Record<string, string>>) =>
    void navigate({ search: { ...search, ...change }, replace: true })
  return (
    <Page title="Endpoints" lead="The endpoints of all tenants, newest first. The page of a tenant makes new ones.">
      <Filters>
        <TextField
          label="Id, URL or host begins with"
          type="search"
          value={String(search['q'] ?? '')}
          onChange={({ target }) => filter({ q: target.value })}
        />
        <SelectField
          label="Health"
          value={String(search['health'] ?? '')}
          onChange={({ target }) => filter({ health: target.value })}
        >
          <option value="">all</option>
          <option value="failing">failing</option>
          <option value="disabled">disabled</option>
          <option value="paused">paused by the receiver</option>
        </SelectField>
        <DialectField value={String(search['dialect'] ?? '')} onChange={(dialect) => filter({ dialect })} />
        <TextField
          label="Tenant"
          type="search"
          value={String(search['tenant'] ?? '')}
          onChange={({ target }) => filter({ tenant: target.value })}
        />
      </Filters>
      <Table
        what="endpoints"
        columns={columns}
        loaded={endpoints}
        keyOf={({ tenant, id }) => `${tenant} ${id}`}
        empty={<Empty title="There is no such endpoint">The filters above choose among all endpoints.</Empty>}
      />
    </Page>
  )
}
