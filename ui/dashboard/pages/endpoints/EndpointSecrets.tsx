import { useState } from 'react'
import { Button } from '../../../shared/parts/Button.tsx'
import { Failure, Loading } from '../../../shared/parts/Notice.tsx'
import { Section } from '../../../shared/parts/Page.tsx'
import { Stranger } from '../../../shared/parts/Stranger.tsx'
import { Fact, Facts } from '../../../shared/parts/Page.tsx'
import { useRead } from '../../../shared/queries.ts'
import type { Endpoint } from '../../../shared/types.ts'
import { CustomersTwin } from '../../parts/CustomersTwin.tsx'
import { RotateSecret } from '../../parts/RotateSecret.tsx'
import { Secrets } from '../../parts/Secrets.tsx'
import type { EndpointPartProps } from './endpoint-part.ts'

/** The secrets and the values of headers, once they are asked for: each look at them is a record of the audit. */
export function EndpointSecrets({ path, dialect, endpoint }: EndpointPartProps) {
  const [isShown, setShown] = useState(false)
  return (
    <Section
      title="Secrets and values of headers"
      actions={
        <>
          {!isShown && <Button onClick={() => setShown(true)}>Show</Button>}
          <RotateSecret
            path={`${path}/rotate-secret`}
            changes={[path]}
            done={() => setShown(true)}
            twin={({ isDone }) => (
              <CustomersTwin
                {...{ dialect, isDone }}
                form={dialect.endpointOperations.rotate}
                answers="secrets"
                tenant={endpoint.tenant}
                endpoint={endpoint.id}
                body={{}}
                whole={endpoint}
              />
            )}
          />
        </>
      }
    >
      {isShown ? <Shown path={path} /> : <p>Hidden. Each look at them is a record of the audit.</p>}
    </Section>
  )
}

function Shown({ path }: { readonly path: string }) {
  const { data, error } = useRead<Endpoint>(path)
  if (data === undefined) return error ? <Failure error={error} /> : <Loading what="the secrets" />
  const headers = Object.entries(data.headers)
  return (
    <>
      <Secrets secrets={data.secrets} />
      {headers.length > 0 && (
        <Facts>
          {headers.map(([name, value]) => (
            <Fact key={name} name={<Stranger>{name}</Stranger>}>
              {value === null ? 'never shown' : <Stranger>{value}</Stranger>}
            </Fact>
          ))}
        </Facts>
      )}
    </>
  )
}
