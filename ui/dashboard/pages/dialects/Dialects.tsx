import { Link } from '@tanstack/react-router'
import { Empty, Failure, Loading } from '../../../shared/parts/Notice.tsx'
import { Fact, Facts, Page, Section } from '../../../shared/parts/Page.tsx'
import { useRead } from '../../../shared/queries.ts'
import type { Dialect, Page as PageOf } from '../../../shared/types.ts'
import styles from './dialects.module.css'
import { catalogueWords, limitWords, retryWords, signatureWords } from './words.ts'

export function Dialects() {
  const { data, error, refetch } = useRead<PageOf<Dialect>>('/v1/dialects')
  return (
    <Page
      title="Dialects"
      lead="A dialect is the webhook API of one product: its calls, events, signatures and retries. Each tenant speaks one."
    >
      {data === undefined &&
        (error ? <Failure error={error} retry={() => void refetch()} /> : <Loading what="the dialects" />)}
      {data?.data.length === 0 && (
        <Empty title="No dialect is served">The setting POSTHORN_DIALECTS names the dialects to serve.</Empty>
      )}
      <div className={styles.cards}>
        {data?.data.map((dialect) => (
          <Card key={dialect.name} dialect={dialect} />
        ))}
      </div>
    </Page>
  )
}

function Card({ dialect }: { readonly dialect: Dialect }) {
  const { name, title, retry, rateLimits } = dialect
  return (
    <Section
      title={
        <Link to="/dialects/$dialect" params={{ dialect: name }}>
          {title}
        </Link>
      }
      actions={<code>{name}</code>}
    >
      <Facts>
        <Fact name="Signature">
          <Lines of={signatureWords(dialect)} />
        </Fact>
        <Fact name="Retries">{retryWords(retry)}</Fact>
        <Fact name="Event types">{catalogueWords(dialect)}</Fact>
        <Fact name="Limits of customers">
          <Lines of={rateLimits.length === 0 ? ['none'] : rateLimits.map(limitWords)} />
        </Fact>
      </Facts>
    </Section>
  )
}

function Lines({ of }: { readonly of: readonly string[] }) {
  return of.map((line) => <div key={line}>{line}</div>)
}
