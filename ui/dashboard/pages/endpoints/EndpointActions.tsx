import { useNavigate } from '@tanstack/react-router'
import { useState } from 'react'
import type { Method } from '../../../shared/client.ts'
import { operatorRequest } from '../../../shared/http-request.ts'
import { ApiTwin, withoutSecrets } from '../../../shared/parts/ApiTwin.tsx'
import { Ask, type Asked } from '../../../shared/parts/Ask.tsx'
import type { EndpointForm } from '../../../shared/types.ts'
import { CustomersTwin } from '../../parts/CustomersTwin.tsx'
import type { EndpointPartProps } from './endpoint-part.ts'

/** The actions of the page of an endpoint, each after a question. */
export function EndpointActions(props: EndpointPartProps) {
  const { dialect, endpoint, path } = props
  const { disable, enable, delete: remove } = dialect.endpointOperations
  const navigate = useNavigate()
  const { tenant } = endpoint
  // The dialog stays what it was while it is open.
  const [whenOpened, setWhenOpened] = useState<boolean | null>(null)
  const turnsOff = whenOpened ?? endpoint.enabled
  const body = { enabled: !turnsOff }
  return (
    <>
      <Ask
        button={turnsOff ? 'Disable' : 'Enable'}
        buttonKind={turnsOff ? 'plain' : 'main'}
        kind={turnsOff ? 'danger' : 'main'}
        title={turnsOff ? 'Disable this endpoint?' : 'Enable this endpoint?'}
        method="PATCH"
        path={path}
        body={body}
        changes={[path, ...(turnsOff ? ['/v1/deliveries'] : [])]}
        done={() => undefined}
        onOpen={(isOpen) => setWhenOpened(isOpen ? endpoint.enabled : null)}
        twins={{
          done: turnsOff ? 'The endpoint is disabled.' : 'The endpoint is enabled.',
          of: (asked) => <Twins {...props} {...asked} method="PATCH" body={body} form={turnsOff ? disable : enable} />,
        }}
      >
        {turnsOff ? (
          <p>Events that are posted while it is disabled are not sent to it. Its pending deliveries are cancelled.</p>
        ) : (
          <p>Events that are posted from now on are sent to it. Earlier ones are not.</p>
        )}
      </Ask>
      <Ask
        button="Delete"
        buttonKind="danger"
        title="Delete this endpoint?"
        action="Delete the endpoint"
        method="DELETE"
        path={path}
        changes={[]}
        done={() => void navigate({ to: '/tenants/$tenant', params: { tenant } })}
        twins={{
          done: 'The endpoint is deleted.',
          of: (asked) => <Twins {...props} {...asked} method="DELETE" form={remove} />,
        }}
      >
        <p>
          The endpoint and its secrets are lost, and its pending deliveries are cancelled. Some dialects erase its past
          deliveries too. This cannot be undone.
        </p>
      </Ask>
    </>
  )
}

interface TwinsProps extends EndpointPartProps, Asked {
  readonly method: Method
  readonly body?: Readonly<Record<string, unknown>>
  /** The request of the dialect. */
  readonly form: EndpointForm | null
}

function Twins({ dialect, endpoint, path, method, body, form, isDone, answer }: TwinsProps) {
  return (
    <>
      <ApiTwin title="Operator API" request={operatorRequest(method, path, body)} answer={withoutSecrets(answer)} />
      <CustomersTwin
        {...{ dialect, form, isDone }}
        answers={method === 'DELETE' ? 'same' : 'stored'}
        tenant={endpoint.tenant}
        endpoint={endpoint.id}
        body={body ?? {}}
        whole={{ ...endpoint, ...body }}
      />
    </>
  )
}
