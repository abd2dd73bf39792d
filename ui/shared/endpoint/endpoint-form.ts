// The state of a form that changes an endpoint.

import { useState } from 'react'
import { type FormState, useForm } from '../parts/Form.tsx'
import type { Dialect, Endpoint, Tenant } from '../types.ts'
import {
  catalogueOf,
  changedBody,
  type EndpointBody,
  type EndpointValues,
  formFields,
  valuesOf,
  wholeBody,
} from './endpoint-values.ts'
import type { HiddenHeadersProps } from './HiddenHeaders.tsx'

export interface EndpointFormOptions {
  readonly dialect: Dialect
  readonly settings: Tenant['settings']
  /** Without secrets and header values. */
  readonly endpoint: Endpoint
  /** Its path in the API. */
  readonly path: string
  readonly done: (endpoint: Endpoint) => void
}

export interface ChangedEndpoint {
  readonly values: EndpointValues
  readonly change: (values: Partial<EndpointValues>) => void
  /** The fields that were changed. */
  readonly body: EndpointBody
  /** All fields, as they then are. */
  readonly whole: EndpointBody
  readonly isChanged: boolean
  readonly form: FormState
  /** The headers whose values the form has not; null: it has all. */
  readonly hiddenHeaders: Omit<HiddenHeadersProps, 'show'> | null
  /** Takes the values of headers from an endpoint that has them. */
  readonly showHeaders: (endpoint: Endpoint) => void
}

export function useEndpointForm(options: EndpointFormOptions): ChangedEndpoint {
  const { dialect, settings, endpoint, path, done } = options
  const valuesNow = (one: Endpoint): EndpointValues =>
    valuesOf(
      one,
      catalogueOf(dialect, { settings }).map(({ name }) => name),
    )
  const [before, setBefore] = useState(() => valuesNow(endpoint))
  const [values, setValues] = useState(before)
  const names = Object.keys(endpoint.headers)
  const [isHidden, setHidden] = useState(names.length > 0)
  const fields = formFields(dialect)
  const body = changedBody(before, values, fields)
  const form = useForm<Endpoint>({
    method: 'PATCH',
    path,
    body,
    changes: [path],
    done(changed) {
      setBefore(valuesNow(changed))
      setValues(valuesNow(changed))
      done(changed)
    },
  })
  return {
    values,
    change: (change) => setValues({ ...values, ...change }),
    body,
    whole: wholeBody(values, fields),
    isChanged: Object.keys(body).length > 0,
    form,
    hiddenHeaders: isHidden
      ? {
          names,
          replace() {
            setHidden(false)
            setValues({ ...values, headers: [] })
          },
        }
      : null,
    showHeaders(known) {
      const { headers } = valuesNow(known)
      setHidden(false)
      setBefore({ ...before, headers })
      setValues({ ...values, headers })
    },
  }
}
