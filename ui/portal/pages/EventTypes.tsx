import { Empty, Failure, Loading } from '../../shared/parts/Notice.tsx'
import { Fact, Facts, Page, Section } from '../../shared/parts/Page.tsx'
import { Stranger } from '../../shared/parts/Stranger.tsx'
import { durationText } from '../../shared/parts/Time.tsx'
import { useDialect } from './dialect.ts'

export function EventTypes() {
  const { data, error } = useDialect()
  if (data === undefined) return error ? <Failure error={error} /> : <Loading what="the event types" />
  const { eventTypes, retry } = data
  const span = retry.waitsSeconds.reduce((sum, wait) => sum + wait, 0)
  return (
    <Page title="Event types" lead="The events that an endpoint can get.">
      <Section title="If your server does not answer">
        <Facts>
          <Fact name="Attempts">{retry.attempts}</Fact>
          <Fact name="From the first to the last">{retry.attempts === 1 ? '–' : durationText(span * 1000)}</Fact>
          <Fact name="An answer is awaited for">{durationText(retry.timeoutSeconds * 1000)}</Fact>
        </Facts>
      </Section>
      <Section>
        {eventTypes.length === 0 ? (
          <Empty title="There is no list of event types">The product names them.</Empty>
        ) : (
          <Facts>
            {eventTypes.map(({ name, description }) => (
              <Fact
                key={name}
                name={
                  <code>
                    <Stranger>{name}</Stranger>
                  </code>
                }
              >
                <Stranger>{description}</Stranger>
              </Fact>
            ))}
          </Facts>
        )}
      </Section>
    </Page>
  )
}
