import type { ReactNode } from 'react'
import { curlText, httpText, type ShownRequest } from '../http-request.ts'
import styles from './ApiTwin.module.css'
import { Code, Copy, prettyJson } from './Code.tsx'

/** The answer to a request of a form. */
export interface TwinAnswer {
  readonly status: number
  /** Empty: the answer has no body. */
  readonly text: string
}

export interface ApiTwinProps {
  /** The API whose request it is. */
  readonly title: string
  readonly request: ShownRequest
  /** The environment variable of the key in the command of curl; default: `POSTHORN_KEY`. */
  readonly variable?: string
  readonly answer?: TwinAnswer | null
  /** The answer is the one that would come: the request is not sent. */
  readonly isPreview?: boolean
  /** A text of the answer that is shown once, elsewhere: the twin may stand on a screen for long. */
  readonly secret?: string | undefined
  readonly children?: ReactNode
}

/** The request that does the same as a form: as it will be sent, as a command of curl, and its answer. */
export function ApiTwin(props: ApiTwinProps) {
  const { title, request, variable = 'POSTHORN_KEY', answer = null, isPreview = false, secret, children } = props
  return (
    <section className={styles.twin} aria-label={title}>
      <header className={styles.head}>
        <h3>{title}</h3>
        <Copy text={curlText(request, variable)} label="Copy as curl" />
      </header>
      {children}
      <Code title="Request" isWrapped>
        {httpText(request, variable)}
      </Code>
      {answer !== null && <Answer {...{ isPreview, secret }} {...answer} />}
    </section>
  )
}

function Answer({ status, text, isPreview, secret }: TwinAnswer & Pick<ApiTwinProps, 'isPreview' | 'secret'>) {
  const title = `${isPreview ? 'The answer would be' : 'Answer'}: ${status}`
  if (text === '') return <p>{title}, without a body</p>
  return (
    <Code title={title} isWrapped>
      {prettyJson(secret === undefined ? text : text.replace(secret, '…'))}
    </Code>
  )
}

/** An answer with an endpoint as it may stand on a screen: the page of secrets shows them on demand. */
export function withoutSecrets(answer: TwinAnswer | null): TwinAnswer | null {
  return answer && { ...answer, text: answer.text.replaceAll(/"value":"(?:[^"\\]|\\.)*"/g, '"value":"…"') }
}

/** A form, and its twins beside it; below it on a narrow screen. */
export function BesideTwins({ form, children }: { readonly form: ReactNode; readonly children: ReactNode }) {
  return (
    <div className={styles.beside}>
      <div>{form}</div>
      <div className={styles.twins}>{children}</div>
    </div>
  )
}
