import { useNavigate, useSearch } from '@tanstack/react-router'
import { useState } from 'react'
import { send } from '../../../shared/client.ts'
import { download } from '../../../shared/download.ts'
import { Button } from '../../../shared/parts/Button.tsx'
import { Empty, Failure, Loading } from '../../../shared/parts/Notice.tsx'
import { Page } from '../../../shared/parts/Page.tsx'
import { Stranger } from '../../../shared/parts/Stranger.tsx'
import { Badge } from '../../../shared/parts/Status.tsx'
import { type Column, Table } from '../../../shared/parts/Table.tsx'
import { Time } from '../../../shared/parts/Time.tsx'
import { useList, useRead } from '../../../shared/queries.ts'
import type { AuditRecord as AuditRecordOf, Page as PageOf } from '../../../shared/types.ts'
import styles from './Audit.module.css'
import { AuditFilters, filterNames } from './AuditFilters.tsx'
import { AuditRecord } from './AuditRecord.tsx'
import { actorText } from './words.ts'

export function Audit() {
  const search = useSearch({ from: '/audit' })
  const navigate = useNavigate({ from: '/audit' })
  const filter = Object.fromEntries(filterNames.map((name) => [name, String(search[name] ?? '')]))
  const records = useList<AuditRecordOf>('/v1/audit', { query: filter })
  const id = String(search['record'] ?? '')
  const open = (record: string | undefined) => void navigate({ search: { ...search, record }, replace: true })
  return (
    <Page
      title="Audit"
      lead="Each change, each read of a secret and each refused attempt, newest first. Calls that only read other things are not recorded."
      actions={<Export filter={filter} />}
    >
      <AuditFilters
        filter={filter}
        change={(more) => void navigate({ search: { ...search, ...more }, replace: true })}
      />
      <div className={id === '' ? undefined : styles.beside}>
        <Table
          what="records"
          columns={id === '' ? columnsOf(open) : columnsOf(open).slice(0, columnsBeside)}
          loaded={records}
          keyOf={(record) => record.id}
          empty={<Empty title="There is no such record" />}
        />
        {id !== '' && <Opened id={id} rows={records.rows} onClose={() => open(undefined)} />}
      </div>
    </Page>
  )
}

/** When a record is opened beside the list, only the first columns have room. */
const columnsBeside = 4

function columnsOf(open: (record: string) => void): readonly Column<AuditRecordOf>[] {
  return [
    { name: 'When', width: '160px', cell: ({ at }) => <Time at={at} /> },
    {
      name: 'Action',
      width: 'minmax(170px, 1fr)',
      cell: ({ id, action }) => (
        <Button kind="quiet" className={styles.open} onClick={() => open(id)}>
          {action}
        </Button>
      ),
    },
    {
      name: 'Result',
      width: '110px',
      cell: ({ refused, count }) => (
        <>
          <Badge tone={refused === null ? 'good' : 'bad'}>{refused === null ? 'done' : 'refused'}</Badge>
          {count > 1 && ` × ${count}`}
        </>
      ),
    },
    { name: 'Who', cell: ({ actor }) => <Stranger>{actorText(actor)}</Stranger> },
    { name: 'From', cell: ({ address }) => <Stranger>{address}</Stranger> },
    { name: 'Tenant', cell: ({ tenant }) => (tenant === null ? '–' : <Stranger>{tenant}</Stranger>) },
    { name: 'Object', cell: ({ object }) => (object.id === null ? '–' : <Stranger>{object.id}</Stranger>) },
  ]
}

interface OpenedProps {
  readonly id: string
  readonly rows: readonly AuditRecordOf[]
  readonly onClose: () => void
}

/** A record of the list, or one that a link names. */
function Opened({ id, rows, onClose }: OpenedProps) {
  const row = rows.find((one) => one.id === id)
  // The id contains the time in milliseconds, to which the list is bound.
  const ms = Number.parseInt(id.replaceAll('-', '').slice(0, 12), 16)
  const isId = ms < 8e15
  const query = isId ? { from: isoOf(ms), to: isoOf(ms + 1), limit: 250 } : {}
  const { data, error } = useRead<PageOf<AuditRecordOf>>('/v1/audit', { query, isEnabled: row === undefined && isId })
  const record = row ?? data?.data.find((one) => one.id === id)
  if (record !== undefined) return <AuditRecord record={record} onClose={onClose} />
  if (error) return <Failure error={error} />
  return data === undefined && isId ? <Loading what="the record" /> : <Empty title="There is no such record" />
}

function isoOf(ms: number): string {
  return new Date(ms).toISOString()
}

/** All records of the filter, as a file. */
function Export({ filter }: { readonly filter: Readonly<Record<string, string>> }) {
  const [isBusy, setBusy] = useState(false)
  const [error, setError] = useState<unknown>(null)
  const save = async (): Promise<void> => {
    setBusy(true)
    setError(null)
    try {
      download('audit.jsonl', await (await send('GET', '/v1/audit/export', { query: filter })).blob())
    } catch (problem) {
      setError(problem)
    } finally {
      setBusy(false)
    }
  }
  return (
    <>
      {error !== null && <Failure error={error} />}
      <Button isBusy={isBusy} onClick={() => void save()}>
        Export as JSON lines
      </Button>
    </>
  )
}
