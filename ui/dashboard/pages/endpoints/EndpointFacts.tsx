import { Link } from '@tanstack/react-router'
import { Fact, Facts, Section } from '../../../shared/parts/Page.tsx'
import { Health } from '../../../shared/parts/Status.tsx'
import { Stranger, StrangerLink } from '../../../shared/parts/Stranger.tsx'
import { Time } from '../../../shared/parts/Time.tsx'
import type { EndpointPartProps } from './endpoint-part.ts'

export function EndpointFacts({ endpoint, dialect }: EndpointPartProps) {
  const { health, headers, filters, details, lastAttemptAt, lastAttemptSucceeded } = endpoint
  const lastResult = lastAttemptSucceeded === true ? 'succeeded' : 'failed'
  return (
    <Section>
      <Facts>
        <Fact name="Health">
          <Health {...endpoint} />
          {health.since !== null && (
            <>
              {' '}
              since <Time at={health.since} />
            </>
          )}
          {health.reason !== null && (
            <div>
              <Stranger>{health.reason}</Stranger>
            </div>
          )}
        </Fact>
        <Fact name="URL">
          {endpoint.url === null ? 'none: its consumers fetch the deliveries' : <StrangerLink url={endpoint.url} />}
        </Fact>
        <Fact name="Id">
          <Stranger>{endpoint.id}</Stranger>
        </Fact>
        <Fact name="Dialect">
          <Link to="/dialects/$dialect" params={{ dialect: dialect.name }}>
            {dialect.title}
          </Link>
        </Fact>
        <Fact name="Description">
          {endpoint.description === null ? '–' : <Stranger>{endpoint.description}</Stranger>}
        </Fact>
        <Fact name="Event types">
          <Stranger>{endpoint.eventTypes.join(', ') || '–'}</Stranger>
        </Fact>
        {Object.entries(filters).map(([name, values]) => (
          <Fact key={name} name={<Named kind="Filter" name={name} />}>
            <Stranger>{[values].flat().join(' or ')}</Stranger>
          </Fact>
        ))}
        {Object.entries(headers).map(([name, value]) => (
          <Fact key={name} name={<Named kind="Header" name={name} />}>
            {value === null ? 'not shown' : <Stranger>{value}</Stranger>}
          </Fact>
        ))}
        {Object.entries(details).map(([name, value]) => (
          <Fact key={name} name={<Named kind={dialect.title} name={name} />}>
            <Stranger>{typeof value === 'string' ? value : JSON.stringify(value)}</Stranger>
          </Fact>
        ))}
        <Fact name="Last attempt">
          <Time at={lastAttemptAt} /> {lastAttemptAt !== null && lastResult}
        </Fact>
        <Fact name="Attempts">{endpoint.attempts}</Fact>
        <Fact name="Created">
          <Time at={endpoint.createdAt} />
        </Fact>
        <Fact name="Changed">
          <Time at={endpoint.updatedAt} />
        </Fact>
      </Facts>
    </Section>
  )
}

function Named({ kind, name }: { readonly kind: string; readonly name: string }) {
  return (
    <>
      {kind} <Stranger>{name}</Stranger>
    </>
  )
}
