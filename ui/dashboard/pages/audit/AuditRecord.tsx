import { Link } from '@tanstack/react-router'
import { Button } from '../../../shared/parts/Button.tsx'
import { Fact, Facts, Section } from '../../../shared/parts/Page.tsx'
import { PlainTable } from '../../../shared/parts/PlainTable.tsx'
import { Stranger } from '../../../shared/parts/Stranger.tsx'
import { Time } from '../../../shared/parts/Time.tsx'
import type { AuditRecord as AuditRecordOf } from '../../../shared/types.ts'
import { actorText } from './words.ts'

export interface AuditRecordProps {
  readonly record: AuditRecordOf
  readonly onClose: () => void
}

/** One record whole: who, when, from where, what, and the fields that changed. */
export function AuditRecord({ record, onClose }: AuditRecordProps) {
  const { at, action, actor, address, count, refused, tenant, object, before, after, changeErasedAt } = record
  const fields = [...new Set([...Object.keys(before ?? {}), ...Object.keys(after ?? {})])]
  return (
    <Section
      title={action}
      actions={
        <Button kind="quiet" onClick={onClose}>
          Close
        </Button>
      }
    >
      <Facts>
        <Fact name="When">
          <Time at={at} withMs />
        </Fact>
        <Fact name="Who">
          <Stranger>{actorText(actor)}</Stranger>
          <div>
            {actor.kind}
            {actor.role !== null && `, ${actor.role}`}
            {actor.id !== null && (
              <>
                , <Stranger>{actor.id}</Stranger>
              </>
            )}
          </div>
        </Fact>
        <Fact name="From">
          <Stranger>{address}</Stranger>
        </Fact>
        <Fact name="Result">{refused === null ? 'done' : `refused: ${refused}`}</Fact>
        {count > 1 && <Fact name="Times within a minute">{count}</Fact>}
        <Fact name="Tenant">
          {tenant === null ? (
            '–'
          ) : (
            <Link to="/tenants/$tenant" params={{ tenant }}>
              <Stranger>{tenant}</Stranger>
            </Link>
          )}
        </Fact>
        <Fact name="Object">
          {object.kind ?? 'several kinds'}
          {object.id !== null && (
            <>
              {' '}
              <Stranger>{object.id}</Stranger>
            </>
          )}
        </Fact>
      </Facts>
      {changeErasedAt !== null && (
        <p>
          The values were erased at <Time at={changeErasedAt} />.
        </p>
      )}
      {fields.length > 0 && (
        <PlainTable
          label="The fields that changed"
          head={['Field', 'Before', 'After']}
          rows={fields.map((field) => ({
            key: field,
            cells: [field, <Value key="before" of={before?.[field]} />, <Value key="after" of={after?.[field]} />],
          }))}
        />
      )}
    </Section>
  )
}

function Value({ of: value }: { readonly of: unknown }) {
  if (value === undefined || value === null) return <>–</>
  return <Stranger>{typeof value === 'string' ? value : JSON.stringify(value)}</Stranger>
}
