import { Button } from '../parts/Button.tsx'
import styles from '../parts/fields.module.css'
import { Stranger } from '../parts/Stranger.tsx'

export interface HiddenHeadersProps {
  readonly names: readonly string[]
  /** Reads the values, which is recorded; null: the person may not see them. */
  readonly show: (() => void) | null
  /** Begins with no headers. */
  readonly replace: () => void
}

/** Headers of an endpoint whose values are not on the page: a change of one needs the others. */
export function HiddenHeaders({ names, show, replace }: HiddenHeadersProps) {
  return (
    <fieldset className={styles.group}>
      <legend className={styles.label}>Headers</legend>
      <div>
        <Stranger>{names.join(', ')}</Stranger>
      </div>
      <div className={styles.pair}>
        {show !== null && <Button onClick={show}>Show the values, to change them</Button>}
        <Button onClick={replace}>Replace all</Button>
      </div>
      <div className={styles.hint}>
        Their values are hidden.{show !== null && ' Each look at them is a record of the audit.'}
      </div>
    </fieldset>
  )
}
