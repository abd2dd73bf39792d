import { useState } from 'react'
import { Button } from '../../../shared/parts/Button.tsx'
import { Code } from '../../../shared/parts/Code.tsx'
import { Empty, Failure, Loading } from '../../../shared/parts/Notice.tsx'
import { Fact, Facts, Section } from '../../../shared/parts/Page.tsx'
import { Time } from '../../../shared/parts/Time.tsx'
import { useRead } from '../../../shared/queries.ts'
import type { SigningKeys, TenantSecrets as Answer } from '../../../shared/types.ts'
import { RotateSecret } from '../../parts/RotateSecret.tsx'
import { Secrets } from '../../parts/Secrets.tsx'
import type { TenantPartProps } from './tenant-part.ts'

/** The secrets that sign the deliveries to all endpoints of a tenant. */
export function TenantSecrets({ tenant, dialect }: TenantPartProps) {
  const [isShown, setShown] = useState(false)
  const path = `/v1/tenants/${encodeURIComponent(tenant.id)}`
  const secrets = useRead<Answer>(`${path}/secrets`, { isEnabled: isShown })
  const keys = useRead<SigningKeys>(`/v1/dialects/${encodeURIComponent(dialect.name)}/signing-keys`)
  return (
    <>
      <Section title="Secrets of the tenant" actions={!isShown && <Button onClick={() => setShown(true)}>Show</Button>}>
        {!isShown && <p>Hidden. Each look at them is a record of the audit.</p>}
        {isShown && secrets.error && <Failure error={secrets.error} />}
        {isShown && secrets.data === undefined && !secrets.error && <Loading what="the secrets" />}
        {isShown && secrets.data !== undefined && (
          <>
            {secrets.data.data.length === 0 ? (
              <Empty title={`${dialect.title} signs without a secret of the tenant`}>
                The page of an endpoint has the secret of that endpoint.
              </Empty>
            ) : (
              <>
                <Secrets secrets={secrets.data.data} />
                <div>
                  <RotateSecret path={`${path}/rotate-secret`} changes={[`${path}/secrets`]} done={() => undefined} />
                </div>
              </>
            )}
          </>
        )}
      </Section>
      {keys.data !== undefined && keys.data.data.length > 0 && (
        <Section title="Signing keys of the installation">
          {keys.data.data.map(({ id, algorithm, publicKey, signs, signsAt, publishedUntil }) => (
            <div key={id}>
              <Facts>
                <Fact name="Id">{id}</Fact>
                <Fact name="Algorithm">{algorithm}</Fact>
                <Fact name={signs ? 'Signs since' : 'Signs from'}>
                  <Time at={signsAt} />
                </Fact>
                <Fact name="Published until">
                  <Time at={publishedUntil} />
                </Fact>
              </Facts>
              <Code title="Public key">{publicKey}</Code>
            </div>
          ))}
        </Section>
      )}
    </>
  )
}
