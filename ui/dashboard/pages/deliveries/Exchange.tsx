import { useMemo, useState } from 'react'
import { Ask } from '../../../shared/parts/Ask.tsx'
import { Code, Copy, prettyJson } from '../../../shared/parts/Code.tsx'
import { Failure, Loading, Notice } from '../../../shared/parts/Notice.tsx'
import { PlainTable } from '../../../shared/parts/PlainTable.tsx'
import { Badge, OutcomeBadge } from '../../../shared/parts/Status.tsx'
import { Stranger } from '../../../shared/parts/Stranger.tsx'
import { durationText, Time } from '../../../shared/parts/Time.tsx'
import { useRead } from '../../../shared/queries.ts'
import type { Attempt, AttemptRequest, Erasure } from '../../../shared/types.ts'
import { useCanChange } from '../../shell/session.ts'
import { Phases } from './Attempts.tsx'
import styles from './Deliveries.module.css'
import { Erasing } from './Erasing.tsx'

/** Longer responses may have been cut. */
const longResponse = 4000

export interface ExchangeProps {
  readonly delivery: string
  readonly attempt: Attempt
}

/** The request of an attempt and the response to it, side by side. */
export function Exchange({ delivery, attempt }: ExchangeProps) {
  return (
    <div className={styles.sides}>
      <Request delivery={delivery} attempt={attempt} />
      <Response delivery={delivery} attempt={attempt} />
    </div>
  )
}

/** The request of an attempt. A read of secret header values is recorded, so it is read once. */
export function useRequest(delivery: string, attempt: number) {
  const path = `/v1/deliveries/${encodeURIComponent(delivery)}/request`
  return useRead<AttemptRequest>(path, { query: { attempt }, isOnce: true })
}

function Request({ delivery, attempt }: ExchangeProps) {
  const { data: request, error } = useRequest(delivery, attempt.number)
  return (
    <div className={styles.side}>
      <h3>Request</h3>
      {request === undefined ? (
        error ? (
          <Failure error={error} />
        ) : (
          <Loading what="the request" />
        )
      ) : (
        <RequestParts request={request} />
      )}
    </div>
  )
}

function RequestParts({ request }: { readonly request: AttemptRequest }) {
  const { method, url, headers, body, bodyBase64, isExact, recomputed, notes, curl } = request
  return (
    <>
      <div className={styles.bar}>
        {isExact ? <Badge tone="good">exactly as it was sent</Badge> : <Badge tone="warn">made again</Badge>}
        {curl !== null && <Copy text={curl} label="Copy as curl" />}
      </div>
      {notes.length > 0 && (
        <Notice kind="warn">
          <ul className={styles.notes}>
            {notes.map((note) => (
              <li key={note}>
                <Stranger>{note}</Stranger>
              </li>
            ))}
          </ul>
        </Notice>
      )}
      {url !== null && (
        <div className={styles.line}>
          <Stranger>{`${method ?? ''} ${url}`}</Stranger>
        </div>
      )}
      {headers.length > 0 && (
        <PlainTable
          label="headers of the request"
          head={['Header', 'Value']}
          rows={headers.map(({ name, value }, index) => ({
            key: index,
            cells: [
              <span key="name" className={styles.line}>
                <Stranger>{name}</Stranger>
              </span>,
              <span key="value" className={styles.line}>
                {value === null ? <i>not shown</i> : <Stranger>{value}</Stranger>}{' '}
                {recomputed.includes(name) && <Badge tone="warn">recomputed</Badge>}
              </span>,
            ],
          }))}
        />
      )}
      {body !== null && <Body title="Body of the request" text={body} />}
      {bodyBase64 !== null && (
        <Code title="Body of the request, which is no text, as base64" isWrapped>
          {bodyBase64}
        </Code>
      )}
    </>
  )
}

function Response({ delivery, attempt }: ExchangeProps) {
  const { outcome, status, detail, durationMs, startedAt, phases, response, responseErasedAt } = attempt
  const canChange = useCanChange()
  const [erasure, setErasure] = useState<Erasure | null>(null)
  return (
    <div className={styles.side}>
      <h3>Response</h3>
      <div className={styles.bar}>
        <OutcomeBadge outcome={outcome} status={status} />
        <span>
          <Stranger>{detail}</Stranger>, <Time at={startedAt} />, {durationText(durationMs)}
        </span>
        <Phases phases={phases} hasWords />
      </div>
      {responseErasedAt !== null ? (
        <Notice>
          The response was erased at <Time at={responseErasedAt} />.
        </Notice>
      ) : response === null ? (
        <Notice>There was no response.</Notice>
      ) : response === '' ? (
        <Notice>The body of the response is empty.</Notice>
      ) : (
        <>
          <Body title="Body of the response" text={response} />
          {response.length >= longResponse && <span className={styles.hint}>Only its first characters are kept.</span>}
        </>
      )}
      {erasure !== null && <Erasing id={erasure.id} what="The response" />}
      {canChange && response !== null && response !== '' && responseErasedAt === null && (
        <EraseResponse delivery={delivery} number={attempt.number} done={setErasure} />
      )}
    </div>
  )
}

/** A text, with line breaks if it is JSON. */
export function Body({ title, text }: { readonly title: string; readonly text: string }) {
  const [isRaw, setRaw] = useState(false)
  const pretty = useMemo(() => prettyJson(text), [text])
  if (text === '') return <Notice>It is empty.</Notice>
  return (
    <>
      <Code title={title} isWrapped>
        {isRaw ? text : pretty}
      </Code>
      {pretty !== text && (
        <label className={styles.bar}>
          <input type="checkbox" checked={isRaw} onChange={({ target }) => setRaw(target.checked)} />
          raw
        </label>
      )}
    </>
  )
}

interface EraseResponseProps {
  readonly delivery: string
  readonly number: number
  readonly done: (erasure: Erasure) => void
}

function EraseResponse({ delivery, number, done }: EraseResponseProps) {
  const path = `/v1/deliveries/${encodeURIComponent(delivery)}`
  return (
    <div>
      <Ask<Erasure>
        button="Erase the response …"
        title={`Erase the response to attempt ${number}?`}
        action="Erase it"
        method="DELETE"
        path={`${path}/attempts/${number}/response`}
        changes={[path]}
        done={done}
      >
        <p>
          The body of the response is erased for good, for the customer too. The outcome, the status and the times stay.
        </p>
      </Ask>
    </div>
  )
}
