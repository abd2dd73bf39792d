import { type FormEvent, type ReactNode, useState } from 'react'
import { ApiProblem, call, type Method } from '../client.ts'
import { useChanged } from '../queries.ts'
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
  /** The API's message about a field, by the field's name in the request. */
  errorOf(field: string): string | undefined
  submit(): Promise<void>
}

/** A change of something through the API. */
export function useForm<Answer>({ method, path, body, changes, done }: FormOptions<Answer>): FormState {
  const [isBusy, setBusy] = useState(false)
  const [problem, setProblem] = useState<unknown>(null)
  const changed = useChanged()
  return {
    isBusy,
    problem,
    errorOf: (field) => (problem instanceof ApiProblem ? problem.fields.get(field) : undefined),
    async submit() {
      setBusy(true)
      setProblem(null)
      try {
        const answer = await call<Answer>(method, path, body === undefined ? {} : { body })
        await changed(...changes)
        done(answer)
      } catch (error) {
        setProblem(error)
      } finally {
        setBusy(false)
      }
    },
  }
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
