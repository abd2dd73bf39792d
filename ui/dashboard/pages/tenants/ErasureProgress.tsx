import { Link } from '@tanstack/react-router'
import { Failure, Loading, Notice } from '../../../shared/parts/Notice.tsx'
import { Fact, Facts, Page, Section } from '../../../shared/parts/Page.tsx'
import { Stranger } from '../../../shared/parts/Stranger.tsx'
import { Time } from '../../../shared/parts/Time.tsx'
import { useRead } from '../../../shared/queries.ts'
import type { Erasure } from '../../../shared/types.ts'

/** The page of a tenant that was deleted, with the progress of its erasure. */
export function ErasureProgress({ id, tenant }: { readonly id: string; readonly tenant: string }) {
  const erasure = useRead<Erasure>(`/v1/erasures/${encodeURIComponent(id)}`, { everyMs: 1_000 })
  return (
    <Page
      title={<Stranger>{tenant}</Stranger>}
      name={`Erasure of ${tenant}`}
      above={<Link to="/tenants">Tenants</Link>}
    >
      {erasure.data === undefined ? (
        erasure.error ? (
          <Failure error={erasure.error} />
        ) : (
          <Loading what="the erasure" />
        )
      ) : (
        <>
          {erasure.data.endedAt === null ? (
            <Notice kind="warn" title="The tenant is deleted. Its history is being erased …">
              Nothing is sent to it any more. This page shows the end.
            </Notice>
          ) : (
            <Notice kind="good" title="The tenant is deleted, and its history is erased." />
          )}
          <Section title="Erasure">
            <Facts>
              <Fact name="Id">{erasure.data.id}</Fact>
              <Fact name="Begun">
                <Time at={erasure.data.createdAt} />
              </Fact>
              <Fact name="Done">
                <Time at={erasure.data.endedAt} />
              </Fact>
            </Facts>
          </Section>
        </>
      )}
    </Page>
  )
}
