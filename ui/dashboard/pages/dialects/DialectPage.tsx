import { Link, useNavigate, useParams, useSearch } from '@tanstack/react-router'
import { useCallback } from 'react'
import { Failure, Loading } from '../../../shared/parts/Notice.tsx'
import { Page } from '../../../shared/parts/Page.tsx'
import { Tabs } from '../../../shared/parts/Tabs.tsx'
import { useRead } from '../../../shared/queries.ts'
import type { Dialect } from '../../../shared/types.ts'
import { DebuggerTab } from './DebuggerTab.tsx'
import type { Choices, DialectPartProps } from './dialect-part.ts'
import { EventsTab } from './EventsTab.tsx'
import { PreviewTab } from './PreviewTab.tsx'
import { ScheduleTab } from './ScheduleTab.tsx'
import { SignatureTab } from './SignatureTab.tsx'
import { catalogueWords, retryWords } from './words.ts'

const events = { tab: 'events', title: 'Events', Part: EventsTab } as const
const tabs: readonly { tab: string; title: string; Part: (props: DialectPartProps) => React.ReactNode }[] = [
  events,
  { tab: 'schedule', title: 'Schedule', Part: ScheduleTab },
  { tab: 'signature', title: 'Signature', Part: SignatureTab },
  { tab: 'debugger', title: 'Signature debugger', Part: DebuggerTab },
  { tab: 'preview', title: 'As every dialect', Part: PreviewTab },
]

export function DialectPage() {
  const { dialect: name } = useParams({ from: '/dialects/$dialect' })
  const search = useSearch({ from: '/dialects/$dialect' })
  const navigate = useNavigate({ from: '/dialects/$dialect' })
  const change = useCallback(
    (more: Choices) => void navigate({ search: (before) => ({ ...before, ...more }), replace: true }),
    [navigate],
  )
  const { data, error, refetch } = useRead<Dialect>(`/v1/dialects/${encodeURIComponent(name)}`)
  if (data === undefined)
    return error ? <Failure error={error} retry={() => void refetch()} /> : <Loading what="the dialect" />
  const { tab, title, Part } = tabs.find((one) => one.tab === search['tab']) ?? events
  return (
    <Page
      title={data.title}
      name={`${title} · ${data.title}`}
      above={<Link to="/dialects">Dialects</Link>}
      lead={`${retryWords(data.retry)} · event types: ${catalogueWords(data)}`}
    >
      <Tabs label="Parts of the dialect">
        {tabs.map((one) => (
          <Link
            key={one.tab}
            to="/dialects/$dialect"
            params={{ dialect: name }}
            search={{ tab: one.tab }}
            aria-current={one.tab === tab ? 'page' : undefined}
          >
            {one.title}
          </Link>
        ))}
      </Tabs>
      <Part key={name} dialect={data} search={search} change={change} />
    </Page>
  )
}
