import { type ReactNode, useState } from 'react'
import { BesideTwins, type TwinAnswer } from './ApiTwin.tsx'
import { Button, type ButtonProps } from './Button.tsx'
import { FormActions, FormFields } from './fields.tsx'
import { Form, type FormOptions, useForm } from './Form.tsx'
import { Modal } from './Modal.tsx'
import { Notice } from './Notice.tsx'

/** How far an action is. */
export interface Asked {
  readonly isDone: boolean
  /** The answer to its request; null: it was not sent. */
  readonly answer: TwinAnswer | null
}

export interface AskTwins {
  /** The API twins of the action, beside the question. */
  readonly of: (asked: Asked) => ReactNode
  /** The words beside them once it is done. */
  readonly done: string
}

export interface AskProps<Answer> extends FormOptions<Answer> {
  /** The words of the button on the page. */
  readonly button: string
  readonly buttonKind?: ButtonProps['kind']
  /** The question. */
  readonly title: string
  /** The words of the button that does it; default: those of the button on the page. */
  readonly action?: string
  readonly kind?: 'main' | 'danger'
  /** The consequences: names all that is lost. */
  readonly children: ReactNode
  /** With them the dialog stays open and shows the answers; `done` is called when it is closed. */
  readonly twins?: AskTwins
  readonly onOpen?: (isOpen: boolean) => void
}

/** A button whose action is done after a question. */
export function Ask<Answer>({ button, buttonKind = 'plain', title, onOpen, ...rest }: AskProps<Answer>) {
  const [isOpen, setOpen] = useState(false)
  const [made, setMade] = useState<{ readonly answer: Answer } | null>(null)
  const open = (opens: boolean): void => {
    setOpen(opens)
    onOpen?.(opens)
  }
  const close = (): void => {
    open(false)
    setMade(null)
    if (made !== null) rest.done(made.answer)
  }
  const done = (answer: Answer): void => {
    if (rest.twins !== undefined) return setMade({ answer })
    open(false)
    rest.done(answer)
  }
  return (
    <>
      <Button kind={buttonKind} onClick={() => open(true)}>
        {button}
      </Button>
      <Modal title={title} isOpen={isOpen} isWide={rest.twins !== undefined} onClose={close}>
        <Question {...rest} {...{ done, close }} action={rest.action ?? button} isDone={made !== null} />
      </Modal>
    </>
  )
}

interface QuestionProps<Answer> extends Omit<AskProps<Answer>, 'button' | 'title'> {
  readonly action: string
  readonly isDone: boolean
  readonly close: () => void
}

function Question<Answer>(props: QuestionProps<Answer>) {
  const { action, kind = 'danger', isDone, close, children, twins, ...options } = props
  const form = useForm<Answer>(options)
  const question = isDone ? (
    <FormFields>
      <Notice kind="good" title={twins?.done} />
      <FormActions>
        <Button autoFocus onClick={close}>
          Close
        </Button>
      </FormActions>
    </FormFields>
  ) : (
    <Form form={form} action={action} kind={kind} onCancel={close}>
      {children}
    </Form>
  )
  if (twins === undefined) return question
  return <BesideTwins form={question}>{twins.of({ isDone, answer: form.answer })}</BesideTwins>
}
