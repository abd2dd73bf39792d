import { useNavigate } from '@tanstack/react-router'
import type { Method } from '../../../shared/client.ts'
import { operatorRequest } from '../../../shared/http-request.ts'
import { ApiTwin } from '../../../shared/parts/ApiTwin.tsx'
import { Ask } from '../../../shared/parts/Ask.tsx'
import type { EndpointForm } from '../../../shared/types.ts'
import { CustomersTwin } from '../../parts/CustomersTwin.tsx'
import type { EndpointPartProps } from './endpoint-part.ts'

/** The actions of the page of an endpoint, each after a question. */
export function EndpointActions(props: EndpointPartProps) {
  const { dialect, endpoint, path } = props
  const { disable, enable, delete: remove } = dialect.endpointOperations
  const navigate = useNavigate()
  const { tenant } = endpoint
  return (
    <>
      {endpoint.enabled ? (
        <Ask
          button="Disable"
          title="Disable this endpoint?"
          method="PATCH"
          path={path}
          body={{ enabled: false }}
          changes={[path, '/v1/deliveries']}
          done={() => undefined}
          twins={<Twins {...props} method="PATCH" body={{ enabled: false }} form={disable} />}
        >
          <p>Events that are posted while it is disabled are not sent to it. Its pending deliveries are cancelled.</p>
        </Ask>
      ) : (
        <Ask
          button="Enable"
          buttonKind="main"
          kind="main"
          title="Enable this endpoint?"
          method="PATCH"
          path={path}
          body={{ enabled: true }}
          changes={[path]}
          done={() => undefined}
          twins={<Twins {...props} method="PATCH" body={{ enabled: true }} form={enable} />}
        >
          <p>Events that are posted from now on are sent to it. Earlier ones are not.</p>
        </Ask>
      )}
      <Ask
        button="Delete"
        buttonKind="danger"
        title="Delete this endpoint?"
        action="Delete the endpoint"
        method="DELETE"
        path={path}
        changes={[]}
        done={() => void navigate({ to: '/tenants/$tenant', params: { tenant } })}
        twins={<Twins {...props} method="DELETE" form={remove} />}
      >
        <p>
          The endpoint and its secrets are lost, and its pending deliveries are cancelled. Some dialects erase its past
          deliveries too. This cannot be undone.
        </p>
      </Ask>
    </>
  )
}

interface TwinsProps extends EndpointPartProps {
  readonly method: Method
  readonly body?: Readonly<Record<string, unknown>>
  /** The request of the dialect. */
  readonly form: EndpointForm | null
}

function Twins({ dialect, endpoint, path, method, body, form }: TwinsProps) {
  return (
    <>
      <ApiTwin title="Operator API" request={operatorRequest(method, path, body)} />
      <CustomersTwin {...{ dialect, endpoint, form }} given={{ body: body ?? {}, whole: { ...endpoint, ...body } }} />
    </>
  )
}
