import { useState } from 'react'
import { Ask } from '../../../shared/parts/Ask.tsx'
import type { OperatorKey } from '../../../shared/types.ts'
import { EndField, endOf, endValue } from './EndField.tsx'

export function ChangeOperatorKey({ operatorKey: { id, expiresAt } }: { readonly operatorKey: OperatorKey }) {
  const [end, setEnd] = useState(endValue(expiresAt))
  return (
    <Ask
      button="Change the end"
      buttonKind="quiet"
      title="Change the end of this key"
      action="Save"
      kind="main"
      method="PATCH"
      path={`/v1/operator-keys/${encodeURIComponent(id)}`}
      body={{ expiresAt: endOf(end) }}
      changes={['/v1/operator-keys']}
      done={() => undefined}
    >
      <EndField value={end} onChange={setEnd} error={undefined} />
    </Ask>
  )
}
