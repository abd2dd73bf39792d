import { Link } from '@tanstack/react-router'
import { Empty, Failure, Loading } from '../../../shared/parts/Notice.tsx'
import { Section } from '../../../shared/parts/Page.tsx'
import { Stranger } from '../../../shared/parts/Stranger.tsx'
import { useRead } from '../../../shared/queries.ts'
import type { Statistics } from '../../../shared/types.ts'
import { attemptsIn } from './counts.ts'
import styles from './Overview.module.css'
import type { Range } from './ranges.ts'

export interface SharesProps {
  readonly title: string
  readonly by: 'dialect' | 'tenant'
  readonly range: Range
}

const shown = 8
const numbers = new Intl.NumberFormat('en')

/** The dialects or tenants with the most attempts. */
export function Shares({ title, by, range }: SharesProps) {
  const { data, error } = useRead<Statistics>('/v1/stats', { query: { ...range.query(), by }, everyMs: 60_000 })
  if (data === undefined) {
    return <Section title={title}>{error ? <Failure error={error} /> : <Loading what="the statistics" />}</Section>
  }
  const rows = data.data.slice(0, shown)
  const most = Math.max(1, ...rows.map(({ total }) => attemptsIn(total.attempts)))
  return (
    <Section title={title}>
      {rows.length === 0 && <Empty title="There was no attempt" />}
      <table className={styles.shares}>
        {rows.length > 0 && (
          <thead>
            <tr>
              <th scope="col">{by === 'tenant' ? 'Tenant' : 'Dialect'}</th>
              <th scope="col">Attempts</th>
              <th scope="col">Failed</th>
            </tr>
          </thead>
        )}
        <tbody>
          {rows.map(({ key, total: { attempts } }) => {
            const all = attemptsIn(attempts)
            const failed = all - attempts.delivered
            return (
              <tr key={key}>
                <th scope="row">
                  <Name by={by} name={key ?? ''} />
                  <div className={styles.bar} style={{ width: `${(all / most) * 100}%` }} />
                </th>
                <td>{numbers.format(all)}</td>
                <td className={failed > 0 ? styles.bad : undefined}>{numbers.format(failed)}</td>
              </tr>
            )
          })}
        </tbody>
      </table>
      {data.data.length + data.more > shown && <p>{data.data.length + data.more - shown} more are not shown.</p>}
    </Section>
  )
}

function Name({ by, name }: { readonly by: SharesProps['by']; readonly name: string }) {
  return by === 'tenant' ? (
    <Link to="/tenants/$tenant" params={{ tenant: name }}>
      <Stranger>{name}</Stranger>
    </Link>
  ) : (
    <Link to="/dialects/$dialect" params={{ dialect: name }}>
      {name}
    </Link>
  )
}
