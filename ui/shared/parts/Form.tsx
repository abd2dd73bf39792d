import { type FormEvent, type ReactNode, useState } from 'react'
import { ApiProblem, type Method, send } from '../client.ts'
import { useChanged } from '../queries.ts'
import type { TwinAnswer } from './ApiTwin.tsx'
import { Button } from './Button.tsx'
import { Failure } from './Notice.tsx'
import { FormActions, FormFields } from './fields.tsx'

export interface FormOptions<Answer> {
  readonly method: Method
  readonly path: string
  readonly body?: unknown
  /** The reads below these paths are read again after the change. */
  readonly changes: readonly string[]
  readonly done: (answer: Answer) => void
}

export interface FormState {
  readonly isBusy: boolean
  readonly problem: unknown
  /** The answer to the last request, for its API twin; null: there was none. */
  readonly answer: TwinAnswer | null
  /** The API's messages about a field and the members in it, by the field's name in the request. */
  errorOf(field: string): string | undefined
  submit(): Promise<void>
}

/** A change of something through the API. */
export function useForm<Answer>({ method, path, body, changes, done }: FormOptions<Answer>): FormState {
  const [isBusy, setBusy] = useState(false)
  const [problem, setProblem] = useState<unknown>(null)
  const [answer, setAnswer] = useState<TwinAnswer | null>(null)
  const changed = useChanged()
  return {
    isBusy,
    problem,
    answer: problem instanceof ApiProblem && problem.status !== 0 ? problem : answer,
    errorOf: (field) => (problem instanceof ApiProblem ? messageOf(problem.fields, field) : undefined),
    async submit() {
      setBusy(true)
      setProblem(null)
      setAnswer(null)
      try {
        const response = await send(method, path, body === undefined ? {} : { body })
        const text = await response.text()
        setAnswer({ status: response.status, text })
        await changed(...changes)
        done((text === '' ? null : JSON.parse(text)) as Answer)
      } catch (error) {
        setProblem(error)
      } finally {
        setBusy(false)
      }
    },
  }
}

function messageOf(fields: ApiProblem['fields'], field: string): string | undefined {
  const messages = [...fields].flatMap(([name, message]) => {
    if (name === field) return [message]
    if (!name.startsWith(`${field}.`)) return []
    const member = name.slice(field.length + 1)
    // The message of an element of a list names the element.
    return /^\d+$/.test(member) ? [message] : [`${member} ${message}`]
  })
  return messages.length === 0 ? undefined : messages.join('; ')
}

export interface FormProps {
  readonly form: FormState
  /** The words of the button. */
  readonly action: string
  readonly kind?: 'main' | 'danger'
  readonly onCancel?: () => void
  readonly children?: ReactNode
}

/** The fields of a change, its failure, and its buttons. */
export function Form({ form, action, kind = 'main', onCancel, children }: FormProps) {
  const submit = (event: FormEvent): void => {
    event.preventDefault()
    void form.submit()
  }
  return (
    <form onSubmit={submit}>
      <FormFields>
        {children}
        {form.problem !== null && <Failure error={form.problem} />}
        <FormActions>
          {onCancel && <Button onClick={onCancel}>Cancel</Button>}
          <Button kind={kind} type="submit" isBusy={form.isBusy}>
            {action}
          </Button>
        </FormActions>
      </FormFields>
    </form>
  )
}
