import { useNavigate } from '@tanstack/react-router'
import { Ask } from '../../../shared/parts/Ask.tsx'
import { Stranger } from '../../../shared/parts/Stranger.tsx'
import type { Erasure, Tenant } from '../../../shared/types.ts'

export function DeleteTenant({ tenant: { id, name } }: { readonly tenant: Tenant }) {
  const navigate = useNavigate({ from: '/tenants/$tenant' })
  return (
    <Ask<Erasure>
      button="Delete"
      buttonKind="danger"
      title="Delete this tenant?"
      action="Delete the tenant and its history"
      method="DELETE"
      path={`/v1/tenants/${encodeURIComponent(id)}`}
      changes={[]}
      done={(erasure) => void navigate({ search: { erasure: erasure.id } })}
    >
      <p>
        <Stranger>{name ?? id}</Stranger> is lost with all its endpoints, and with its whole history: events, deliveries
        and attempts. Its API keys end, and nothing more is sent. This cannot be undone.
      </p>
    </Ask>
  )
}
