import { type ReactNode, useState } from 'react'
import { BesideTwins } from './ApiTwin.tsx'
import { Button, type ButtonProps } from './Button.tsx'
import { Form, type FormOptions, useForm } from './Form.tsx'
import { Modal } from './Modal.tsx'

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
  /** The API twins of the action, beside the question. */
  readonly twins?: ReactNode
}

/** A button whose action is done after a question. */
export function Ask<Answer>({ button, buttonKind = 'plain', title, ...rest }: AskProps<Answer>) {
  const [isOpen, setOpen] = useState(false)
  const close = (): void => setOpen(false)
  return (
    <>
      <Button kind={buttonKind} onClick={() => setOpen(true)}>
        {button}
      </Button>
      <Modal title={title} isOpen={isOpen} isWide={rest.twins !== undefined} onClose={close}>
        <Question {...rest} action={rest.action ?? button} close={close} />
      </Modal>
    </>
  )
}

function Question<Answer>({
  action,
  kind = 'danger',
  close,
  children,
  twins,
  done,
  ...options
}: Omit<AskProps<Answer>, 'button' | 'title'> & { readonly action: string; readonly close: () => void }) {
  const form = useForm<Answer>({
    ...options,
    done(answer) {
      close()
      done(answer)
    },
  })
  const question = (
    <Form form={form} action={action} kind={kind} onCancel={close}>
      {children}
    </Form>
  )
  return twins === undefined ? question : <BesideTwins form={question}>{twins}</BesideTwins>
}
