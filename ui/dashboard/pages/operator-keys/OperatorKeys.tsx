import { useState } from 'react'
import { Ask } from '../../../shared/parts/Ask.tsx'
import { Button } from '../../../shared/parts/Button.tsx'
import { Empty } from '../../../shared/parts/Notice.tsx'
import { Page } from '../../../shared/parts/Page.tsx'
import { Badge } from '../../../shared/parts/Status.tsx'
import { Stranger } from '../../../shared/parts/Stranger.tsx'
import { type Column, Table } from '../../../shared/parts/Table.tsx'
import { Time } from '../../../shared/parts/Time.tsx'
import { useList } from '../../../shared/queries.ts'
import type { OperatorKey } from '../../../shared/types.ts'
import { useCanChange, useSession } from '../../shell/session.ts'
import { ChangeOperatorKey } from './ChangeOperatorKey.tsx'
import { NewOperatorKey } from './NewOperatorKey.tsx'

const columns: readonly Column<OperatorKey>[] = [
  { name: 'Name', width: 'minmax(0, 2fr)', cell: ({ name }) => <Stranger>{name}</Stranger> },
  { name: 'Key', width: '90px', cell: ({ hint }) => <code>…{hint}</code> },
  { name: 'Role', width: '90px', cell: ({ role }) => role },
  { name: 'Created', width: '160px', cell: ({ createdAt }) => <Time at={createdAt} /> },
  {
    name: 'Ends',
    width: '170px',
    cell: ({ expiresAt }) => (expiresAt === null ? 'never' : <Time at={expiresAt} />),
  },
  {
    name: 'State',
    width: '90px',
    cell: ({ expiresAt }) => {
      const hasEnded = expiresAt !== null && Date.parse(expiresAt) <= Date.now()
      return <Badge tone={hasEnded ? 'plain' : 'good'}>{hasEnded ? 'ended' : 'valid'}</Badge>
    },
  },
]

const withActions: readonly Column<OperatorKey>[] = [
  ...columns,
  {
    name: 'Actions',
    width: '240px',
    cell: (key) => (
      <>
        <ChangeOperatorKey operatorKey={key} />
        <DeleteOperatorKey operatorKey={key} />
      </>
    ),
  },
]

export function OperatorKeys() {
  const canChange = useCanChange()
  const [isNew, setNew] = useState(false)
  const keys = useList<OperatorKey>('/v1/operator-keys')
  return (
    <Page
      title="Operator keys"
      lead="Keys of the operator API and of this dashboard. The key named settings is that of POSTHORN_OPERATOR_KEY, or of the file operator-key. It is not listed, and has no end."
      actions={
        canChange && (
          <Button kind="main" onClick={() => setNew(true)}>
            New operator key
          </Button>
        )
      }
    >
      <Table
        what="operator keys"
        columns={canChange ? withActions : columns}
        loaded={keys}
        keyOf={({ id }) => id}
        empty={<Empty title="There is no further operator key">Each program and each person should have one.</Empty>}
      />
      <NewOperatorKey isOpen={isNew} onClose={() => setNew(false)} />
    </Page>
  )
}

function DeleteOperatorKey({ operatorKey: { id, name, hint } }: { readonly operatorKey: OperatorKey }) {
  const isOwn = useSession().key.id === id
  return (
    <Ask
      button="Delete"
      buttonKind="quiet"
      title="Delete this operator key?"
      action="Delete the key"
      method="DELETE"
      path={`/v1/operator-keys/${encodeURIComponent(id)}`}
      changes={['/v1/operator-keys', '/dashboard/session']}
      done={() => undefined}
    >
      <p>
        Programs and people with the key <Stranger>{name}</Stranger> (…{hint}) are refused at once. This cannot be
        undone.
        {isOwn && ' You are signed in with this key, and are signed out.'}
      </p>
    </Ask>
  )
}
