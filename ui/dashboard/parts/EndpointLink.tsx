import { Link } from '@tanstack/react-router'
import { Stranger } from '../../shared/parts/Stranger.tsx'
import { endpointText } from '../../shared/endpoint/endpoint-text.ts'
import type { Delivery } from '../../shared/types.ts'

/** The endpoint of a delivery: the host of its URL, and its id. */
export function EndpointLink(delivery: Pick<Delivery, 'tenant' | 'endpoint' | 'endpointUrl'>) {
  const { tenant, endpoint, endpointUrl } = delivery
  return (
    <Link to="/tenants/$tenant/endpoints/$endpoint" params={{ tenant, endpoint }} title={endpointUrl ?? undefined}>
      <Stranger>{endpointText(delivery)}</Stranger>
    </Link>
  )
}
