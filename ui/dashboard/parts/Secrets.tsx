import { Code } from '../../shared/parts/Code.tsx'
import { Empty } from '../../shared/parts/Notice.tsx'
import { Time } from '../../shared/parts/Time.tsx'

export interface Secret {
  readonly value: string | null
  readonly createdAt: string
  readonly expiresAt: string | null
}

/** Signing secrets, the newest first. */
export function Secrets({ secrets }: { readonly secrets: readonly Secret[] }) {
  if (secrets.length === 0) return <Empty title="There is no secret" />
  return secrets.map(({ value, createdAt, expiresAt }, index) => (
    <div key={createdAt + index}>
      <Code title={index === 0 ? 'Secret' : 'Earlier secret'} isWrapped>
        {value ?? 'not shown'}
      </Code>
      <p>
        Made <Time at={createdAt} />.{' '}
        {expiresAt !== null && (
          <>
            It signs until <Time at={expiresAt} />.
          </>
        )}
      </p>
    </div>
  ))
}
