import { type CustomersRequest, customersRequest } from '../../shared/endpoint/customers-request.ts'
import { ApiTwin } from '../../shared/parts/ApiTwin.tsx'
import type { Dialect, EndpointForm } from '../../shared/types.ts'
import { useRehearsal } from './rehearsal.ts'

export interface CustomersTwinProps extends CustomersRequest {
  readonly dialect: Dialect
  /** The request of the dialect; null: its API has none. */
  readonly form: EndpointForm | null
  /** The change is made. */
  readonly isDone: boolean
  /**
   * The answer once the change is made: `same` as before it, or with the endpoint as it is stored, without or with its
   * secrets.
   */
  readonly answers: 'same' | 'stored' | 'secrets'
  /** The fields that the request needs still. */
  readonly missing?: readonly string[]
}

/** The request with which a customer does as an operator does, and its answer: first as it would be. */
export function CustomersTwin({ dialect, form, isDone, answers, missing = [], ...given }: CustomersTwinProps) {
  // The customers of such a dialect have the operator API.
  if (dialect.endpointForm === null && form === null)
    return <p>A customer sends the same request with a key of its own.</p>
  if (form === null) return <p>The API of {dialect.title} has no such request: its customers cannot do this.</p>
  return (
    <Twin {...{ dialect, isDone, answers, missing }} tenant={given.tenant} request={customersRequest(form, given)} />
  )
}

type TwinProps = Pick<CustomersTwinProps, 'dialect' | 'isDone' | 'answers' | 'tenant'> & {
  readonly request: ReturnType<typeof customersRequest>
  readonly missing: readonly string[]
}

function Twin({ dialect, tenant, request, isDone, answers, missing }: TwinProps) {
  const isStored = isDone && answers !== 'same'
  const { view, isFormer } = useRehearsal(tenant, request, {
    done: isStored,
    ...(answers === 'stored' && { secrets: 'hidden' }),
  })
  return (
    <ApiTwin
      title={`${dialect.title}'s own API`}
      request={request}
      variable="API_KEY"
      answer={view === undefined ? null : { status: view.status, text: view.body }}
      isPreview={!isDone || isFormer}
    >
      <p>
        The request with which the customer does the same.
        {missing.length > 0 && ` It needs ${missing.join(', ')} too.`}
      </p>
    </ApiTwin>
  )
}
