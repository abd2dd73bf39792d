import { Code } from '../../../shared/parts/Code.tsx'
import { Notice } from '../../../shared/parts/Notice.tsx'
import { textOf } from '../../../../packages/verify/src/bytes.ts'
import type { Check, StepName, Verification } from '../../../../packages/verify/src/checks.ts'
import type { Mistake } from '../../../../packages/verify/src/diagnose.ts'
import styles from './dialects.module.css'

const names: Readonly<Record<StepName, string>> = {
  present: 'The headers are there',
  form: 'They have the right form',
  time: 'The time of sending is near',
  key: 'The key can be used',
  signature: 'The signature is right',
  claims: 'The claims agree with the delivery',
}

export interface VerdictProps {
  readonly verification: Verification
  readonly mistakes: readonly Mistake[]
  /** The clock of the receiver is the present. */
  readonly isNow: boolean
}

/** Each step of a verification, and the reason of the first one that fails. */
export function Verdict({ verification: { isValid, checks }, mistakes, isNow }: VerdictProps) {
  const signature = checks.find((check) => check.step === 'signature')
  const isOnlyTime = checks.every(({ step, fault }) => step === 'time' || fault === null) && !isValid
  return (
    <div className={styles.verdict} aria-live="polite">
      {isValid ? (
        <Notice kind="good" title="The delivery is genuine: a receiver accepts it." />
      ) : (
        <Notice kind="bad" title="A receiver refuses the delivery.">
          {isOnlyTime && isNow && 'All else is right. Give the time at which it arrived to check against that time.'}
        </Notice>
      )}
      <ol className={styles.checks}>
        {checks.map((check) => (
          <CheckLine key={check.step} check={check} />
        ))}
      </ol>
      {mistakes.map(({ of, text }) => (
        <Notice key={of} kind="warn" title="The likely mistake">
          {text}
        </Notice>
      ))}
      {signature !== undefined && signature.fault !== null && mistakes.length === 0 && (
        <Notice kind="warn" title="None of the usual mistakes explains it.">
          The secret is probably another one, or a value in the body or in a header was changed.
        </Notice>
      )}
      {signature?.step === 'signature' && <Signed check={signature} />}
    </div>
  )
}

function CheckLine({ check: { step, fault } }: { readonly check: Check }) {
  return (
    <li className={fault === null ? styles.holds : styles.fails}>
      <span aria-hidden className={styles.sign}>
        {fault === null ? '✓' : '✗'}
      </span>
      <span>
        <strong>{names[step]}</strong>
        {fault === null ? ': yes' : ': no'}
        {fault !== null && <div className={styles.fault}>{fault}</div>}
      </span>
    </li>
  )
}

/** A longer text is cut, because the page would become slow. */
const charsMax = 20_000

function Signed({ check }: { readonly check: Extract<Check, { readonly step: 'signature' }> }) {
  const { signed, expected, got } = check
  const text = textOf(signed)
  const shown = text ?? signed.toHex()
  return (
    <>
      {signed.length > 0 && (
        <Code title={`The signed ${text === null ? 'bytes in hex' : 'text'}, ${signed.length} bytes`} isWrapped>
          {shown.length > charsMax ? `${shown.slice(0, charsMax)} …` : shown}
        </Code>
      )}
      {expected !== null && (
        <Code title="Expected with this secret" isWrapped>
          {expected}
        </Code>
      )}
      <Code title="Got with the delivery" isWrapped>
        {got.join('\n')}
      </Code>
    </>
  )
}
